// Where a capture goes while it runs: a trace file, or the screen.
#pragma once

#include <span>
#include <string>

#include "analyzer/base/result.h"
#include "analyzer/event/event.h"
#include "analyzer/model/model.h"

namespace slotscope {

class CaptureOutput {
 public:
  virtual ~CaptureOutput() = default;
  CaptureOutput() = default;
  CaptureOutput(const CaptureOutput&) = delete;
  CaptureOutput& operator=(const CaptureOutput&) = delete;

  // Before the first write. Answers what is worth telling the user, or nothing.
  virtual Result<std::string> begin() = 0;
  // Nothing worth keeping came.
  virtual void discard() = 0;

  // `step` as Model::apply answers it.
  virtual Status write(const Event& event, const Step* step) = 0;
  // So that a kill from here on loses nothing of what was written (except, for a log, the open
  // commit). Every call that had returned at `seen_up_to` has been written.
  virtual Status flush(Nanos seen_up_to) = 0;
  // What the kernel itself showed at the end, for formats that can keep it. Before finish().
  virtual Status store_slots(std::span<const Call>) { return ok(); }
  // Says why the capture ended. After a failed write it still makes the most of what is there.
  virtual Status finish(const std::string& reason) = 0;
};

}  // namespace slotscope
