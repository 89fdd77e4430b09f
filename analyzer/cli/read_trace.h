// Runs a trace through the model, as report, log, map and convert all do.
#pragma once

#include <memory>
#include <optional>

#include "analyzer/cli/command.h"
#include "analyzer/cli/options.h"
#include "analyzer/event/source.h"
#include "analyzer/model/model.h"
#include "analyzer/model/trace_bounds.h"

namespace slotscope {

// Opens a trace for streaming, read ahead on a second core.
Result<std::unique_ptr<Source>> open_for_reading(const std::string& path,
                                                 const ReadingOptions& options);

// Whether an event is of the VM that was asked for; a loss of unknown VM is of every VM.
bool selected(const Event& event, std::optional<VmId> vm);

// `status`, an error, with the trace as its place.
Status placed(const Status& status, const TraceInfo& info);

// Calls visit(event, step) for each event in order until it answers false. What stands before an
// unreadable line has been visited when the error comes back.
template <class Visit>
Status for_each_event(Source& source, Model& model, std::optional<VmId> vm, Visit visit) {
  EventBatch batch;
  TraceBounds bounds;
  while (true) {
    Result<bool> more = source.read(batch);
    for (const Event& event : batch) {
      if (TraceBounds::concern(event)) {
        Status admitted = bounds.admit(std::get<Call>(event));
        if (!admitted) return placed(admitted, source.info());
      }
      if (vm && !selected(event, vm)) {
        model.skip(event);
        continue;
      }
      if (!visit(event, model.apply(event))) return ok();
    }
    if (!more) return std::move(more).error();
    if (!*more) return ok();
  }
}

// Whether the VM that was asked for is in the trace, now that it is read.
Status check_vm_found(const Model& model, const ReadingOptions& options, const TraceInfo& info);

// What reading found worth saying, to stderr.
void print_warnings(const Source& source, Streams& streams);

}  // namespace slotscope
