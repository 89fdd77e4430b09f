#include "analyzer/cli/trace_run.h"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "analyzer/event/prefetch.h"
#include "analyzer/render/text/diagnostic_text.h"

namespace slotscope {

TraceRun::TraceRun(std::unique_ptr<Source> source, const ReadingOptions& options)
    : source_(std::move(source)),
      kernel_(options.kernel_for(source_->info())),
      vm_(options.vm),
      model_(std::make_unique<Model>(kernel_, source_->info().faithful)) {}

Result<TraceRun> TraceRun::open(const std::string& path, const ReadingOptions& options) {
  Result<std::unique_ptr<Source>> source = open_trace(path, options.read);
  if (!source) return std::move(source).error();
  return TraceRun(prefetch(*std::move(source)), options);
}

bool TraceRun::is_selected(const Event& event) const {
  if (!vm_) return true;
  const VmId of = std::visit([](const auto& alternative) { return alternative.vm; }, event);
  return of == *vm_ || of.value == 0;
}

Diagnostic TraceRun::placed(Diagnostic error) const {
  error.place = info().path;
  return error;
}

void TraceRun::print_warnings(Streams& streams) const {
  for (const Diagnostic& warning : summary().warnings) {
    streams.err << diagnostic_text(warning, "warning", streams.err_style);
  }
}

Status TraceRun::check_vm_found() const {
  if (!vm_ || model_->vms().count(*vm_)) return ok();
  return Diagnostic{.fault = Fault::usage,
                    .place = info().path,
                    .message = fmt::format("has no VM {}", vm_->value),
                    .advice = "slotscope report lists the VMs of a trace"};
}

}  // namespace slotscope
