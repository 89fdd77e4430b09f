// Where events go: a trace file in some format.
#pragma once

#include <span>
#include <string>

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

  // Passes on what is buffered, so that a kill from here on loses none of it.
  virtual Status flush() = 0;

  // `live`: the slots that exist now, after the calls so far, for formats that can keep them. One
  // every 65536 calls makes any point of a native trace reachable within a millisecond or so.
  virtual Status checkpoint(std::span<const Call>) { return ok(); }

  // Why the trace ends ("interrupted", "the VM ended"), for formats that can say so: their readers
  // show it. Before finish().
  virtual void set_end_reason(const std::string&) {}

  // Writes what is buffered and marks the trace whole. Without it the trace reads as torn.
  virtual Status finish() = 0;
};

}  // namespace slotscope
