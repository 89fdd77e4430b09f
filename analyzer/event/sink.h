// Where events go: a trace file in some format.
#pragma once

#include "analyzer/base/result.h"
#include "analyzer/event/event.h"

namespace slotscope {

class Sink {
 public:
  virtual ~Sink() = default;
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  virtual Status write(const Event& event) = 0;

  // Writes what is buffered and marks the trace whole. Without it the trace reads as torn.
  virtual Status finish() = 0;
};

}  // namespace slotscope
