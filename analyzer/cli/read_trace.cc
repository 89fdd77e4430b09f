#include "analyzer/cli/read_trace.h"

#include <fmt/format.h>

#include <variant>

#include "analyzer/event/prefetch.h"
#include "analyzer/render/text/diagnostic_text.h"

namespace slotscope {

Result<std::unique_ptr<Source>> open_for_reading(const std::string& path,
                                                 const ReadingOptions& options) {
  Result<std::unique_ptr<Source>> source = open_trace(path, options.read);
  if (!source) return source;
  return prefetch(*std::move(source));
}

bool selected(const Event& event, std::optional<VmId> vm) {
  const VmId of = std::visit([](const auto& alternative) { return alternative.vm; }, event);
  return of == vm || of.value == 0;
}

Status placed(const Status& status, const TraceInfo& info) {
  Diagnostic error = status.error();
  error.place = info.path;
  return error;
}

Status check_vm_found(const Model& model, const ReadingOptions& options, const TraceInfo& info) {
  if (!options.vm || model.vms().count(*options.vm)) return ok();
  return Diagnostic{.fault = Fault::usage,
                    .place = info.path,
                    .message = fmt::format("has no VM {}", options.vm->value),
                    .advice = "slotscope report lists the VMs of a trace"};
}

void print_warnings(const Source& source, Streams& streams) {
  for (const Diagnostic& warning : source.summary().warnings) {
    streams.err << diagnostic_text(warning, "warning", streams.err_style);
  }
}

}  // namespace slotscope
