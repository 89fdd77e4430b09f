// A trace that a command writes: which format, and where to.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "analyzer/event/sink.h"
#include "analyzer/event/source.h"
#include "analyzer/format/bytes/byte_sink.h"
#include "analyzer/model/model.h"

namespace slotscope {

class TraceOutput {
 public:
  // `path` may be "-" for standard output; `format` is the name of a writer, and is taken from
  // the path's ending when it is empty. `info` is that of the trace the events come from,
  // which `path` may name too: it is replaced when the new one is finished.
  static Result<TraceOutput> create(const std::string& path, const std::string& format,
                                    const TraceInfo& info);

  // `model` has the event applied: now and then its slots go into the trace, for formats that can
  // be entered in the middle.
  Status write(const Event& event, const Model& model);
  // What the trace that the events come from lacks from here on; readers show it.
  Status tear(const std::string& reason);
  Status finish();
  // Instead of finish(): a file stays what it was. What is already through a pipe is ended
  // properly.
  Status give_up();

  // Losses that the format could not hold: its readers will not know of them.
  uint64_t untold_losses() const { return holds_losses_ ? 0 : losses_; }

 private:
  Status checkpoint(const Model& model);

  std::unique_ptr<Sink> sink_;
  ByteSink* bytes_ = nullptr;  // sink_'s
  CallNumber checkpointed_;
  bool holds_losses_ = true;
  uint64_t losses_ = 0;
};

}  // namespace slotscope
