#include "analyzer/cli/read_report.h"

#include "analyzer/cli/trace_run.h"

namespace slotscope {

Result<Report> read_report(const std::string& path, const ReadingOptions& options,
                           Streams& streams) {
  Result<TraceRun> run = TraceRun::open(path, options);
  if (!run) return std::move(run).error();
  TotalsBuilder totals;
  FindingsBuilder findings(clues_of(run->info()));
  Status read = run->each([&](const Event& event, const Step* step) {
    totals.add(event, step);
    findings.add(event, step);
    return true;
  });
  if (!read) return std::move(read).error();
  run->print_warnings(streams);
  if (Status found = run->check_vm_found(); !found) return std::move(found).error();
  return Report{.trace = run->info(),
                .summary = run->summary(),
                .kernel = run->kernel(),
                .kernel_assumed = !options.kernel && !profile_of_host(run->info().metadata),
                .totals = totals.finish(run->model()),
                .findings = findings.finish(run->model())};
}

}  // namespace slotscope
