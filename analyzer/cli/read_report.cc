#include "analyzer/cli/read_report.h"

#include "analyzer/cli/read_trace.h"

namespace slotscope {

Result<Report> read_report(const std::string& path, const ReadingOptions& options,
                           Streams& streams) {
  Result<std::unique_ptr<Source>> source = open_for_reading(path, options);
  if (!source) return std::move(source).error();
  const KernelProfile kernel = options.kernel_for((*source)->info());
  Model model(kernel, (*source)->info().faithful);
  TotalsBuilder totals;
  FindingsBuilder findings(clues_of((*source)->info()));
  Status read =
      for_each_event(**source, model, options.vm, [&](const Event& event, const Step* step) {
        totals.add(event, step);
        findings.add(event, step);
        return true;
      });
  if (!read) return std::move(read).error();
  print_warnings(**source, streams);
  if (Status found = check_vm_found(model, options, (*source)->info()); !found) {
    return std::move(found).error();
  }
  return Report{.trace = (*source)->info(),
                .summary = (*source)->summary(),
                .kernel = kernel,
                .kernel_assumed = !options.kernel && !profile_of_host((*source)->info().metadata),
                .totals = totals.finish(model),
                .findings = findings.finish(model)};
}

}  // namespace slotscope
