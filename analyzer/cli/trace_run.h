// One trace on its way through the model, as every command that reads a TRACE runs it.
#pragma once

#include <memory>
#include <optional>

#include "analyzer/cli/command.h"
#include "analyzer/cli/options.h"
#include "analyzer/event/source.h"
#include "analyzer/model/model.h"
#include "analyzer/model/trace_bounds.h"

namespace slotscope {

class TraceRun {
 public:
  // Streams the trace, read ahead on a second core.
  static Result<TraceRun> open(const std::string& path, const ReadingOptions& options);

  const TraceInfo& info() const { return source_->info(); }
  const ReadSummary& summary() const { return source_->summary(); }  // once all has been visited
  const KernelProfile& kernel() const { return kernel_; }
  const Model& model() const { return *model_; }

  // Calls visit(event, step) for each event of the VM that was asked for, in order, until it
  // answers false. What stands before an unreadable line has been visited when the error comes
  // back.
  template <class Visit>
  Status each(Visit visit) {
    return each_before([](const Event&) { return false; }, visit);
  }

  // Likewise, until is_past(event) says that an event, which the model has not met yet, is too
  // many. It is asked of the events of other VMs too.
  template <class IsPast, class Visit>
  Status each_before(IsPast is_past, Visit visit) {
    EventBatch batch;
    TraceBounds bounds;
    while (true) {
      Result<bool> more = source_->read(batch);
      for (const Event& event : batch) {
        if (is_past(event)) return ok();
        if (TraceBounds::concern(event)) {
          Status admitted = bounds.admit(std::get<Call>(event));
          if (!admitted) return placed(std::move(admitted).error());
        }
        if (!is_selected(event)) {
          model_->skip(event);
          continue;
        }
        if (!visit(event, model_->apply(event))) return ok();
      }
      if (!more) return std::move(more).error();
      if (!*more) return ok();
    }
  }

  // Whether an event is of the VM that was asked for; a loss of unknown VM is of every VM.
  bool is_selected(const Event& event) const;

  // `error` with the trace as its place.
  Diagnostic placed(Diagnostic error) const;

  // What reading found worth saying, to stderr.
  void print_warnings(Streams& streams) const;
  // Once all has been visited: whether the VM that was asked for is in the trace.
  Status check_vm_found() const;

 private:
  TraceRun(std::unique_ptr<Source> source, const ReadingOptions& options);

  std::unique_ptr<Source> source_;
  KernelProfile kernel_;
  std::optional<VmId> vm_;
  std::unique_ptr<Model> model_;
};

}  // namespace slotscope
