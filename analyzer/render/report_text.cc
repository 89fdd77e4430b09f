#include "analyzer/render/report_text.h"

#include <fmt/ostream.h>

#include <algorithm>

#include "analyzer/base/escape.h"
#include "analyzer/render/findings_text.h"
#include "analyzer/render/phase_text.h"
#include "analyzer/render/table.h"
#include "analyzer/render/units_text.h"
#include "analyzer/render/wrapped_text.h"

namespace slotscope {
namespace {

std::string space_name(AsId as) { return as.value == 1 ? "1 (SMM)" : fmt::format("{}", as.value); }

const char* commit_origin(const VmTotals& vm) {
  return vm.commits_recorded ? "recorded" : "inferred";
}

std::string vm_name(const VmTotals& vm) {
  return vm.pid.value ? fmt::format("VM {} (pid {})", vm.vm.value, vm.pid.value)
                      : fmt::format("VM {}", vm.vm.value);
}

bool has_durations(const Totals& totals) {
  return std::any_of(totals.vms.begin(), totals.vms.end(), [](const VmTotals& vm) {
    return std::any_of(vm.spaces.begin(), vm.spaces.end(),
                       [](const SpaceTotals& space) { return space.time_in_calls.has_value(); });
  });
}

std::string time_clause(const Totals& totals) {
  if (!totals.first) return "; the trace has no times, so no durations";
  const std::string span = duration_text(*totals.last - *totals.first);
  return has_durations(totals)
             ? fmt::format(", over {}", span)
             : fmt::format(", over {}; durations of calls are not recorded", span);
}

void print_headline(std::ostream& out, const Totals& totals, const Style& style) {
  std::string line = count_text(totals.calls, "call", "calls");
  if (totals.vms.size() == 1) {
    const VmTotals& vm = totals.vms.front();
    line +=
        fmt::format(" in {} ({})", count_text(vm.commits, "commit", "commits"), commit_origin(vm));
  } else {
    line += fmt::format(" on {}", count_text(totals.vms.size(), "VM", "VMs"));
  }
  line += time_clause(totals);
  fmt::print(out, "{}\n", style.bold(line + "."));
}

void print_loss(std::ostream& out, const LossTotals& lost, const Style& style) {
  if (lost.events == 0) return;
  const char* why =
      lost.undecoded ? "the tracer did not print what they asked for" : "the tracer dropped them";
  const std::string line =
      fmt::format("{} lost ({}), the first after call {}: what follows is uncertain.",
                  count_text(lost.events, "event", "events"), why, lost.first_after->value);
  fmt::print(out, "{}\n", style.warn(wrapped_text(line, 0)));
}

// The columns that every trace needs, and those that would only be zeros in most.
struct OptionalColumn {
  const char* title;
  uint64_t UpdateCounts::*count;
};
constexpr OptionalColumn optional_columns[] = {
    {"move", &UpdateCounts::move},
    {"flags", &UpdateCounts::flags},
    {"no change", &UpdateCounts::no_change},
    {"rejected", &UpdateCounts::rejected},
    {"hidden delete", &UpdateCounts::implicit_delete},
};

void print_spaces(std::ostream& out, const VmTotals& vm) {
  const auto any = [&](auto has) { return std::any_of(vm.spaces.begin(), vm.spaces.end(), has); };
  std::vector<Table::Column> columns = {
      {"address space", Table::Align::left}, {"calls"}, {"create"}, {"delete"}};
  std::vector<OptionalColumn> shown;
  for (const OptionalColumn& column : optional_columns) {
    if (!any([&](const SpaceTotals& space) { return space.updates.*column.count > 0; })) continue;
    shown.push_back(column);
    columns.push_back({column.title});
  }
  columns.push_back({"slots peak/end"});
  columns.push_back({"mapped at end"});
  const bool timed = any([](const SpaceTotals& space) { return space.time_in_calls.has_value(); });
  if (timed) columns.push_back({"time in calls"});
  Table table(std::move(columns));
  for (const SpaceTotals& space : vm.spaces) {
    std::vector<std::string> cells = {space_name(space.as), std::to_string(space.calls),
                                      std::to_string(space.updates.create),
                                      std::to_string(space.updates.del)};
    for (const OptionalColumn& column : shown) {
      cells.push_back(std::to_string(space.updates.*column.count));
    }
    cells.push_back(fmt::format("{}/{}", space.slots_peak, space.slots_final));
    cells.push_back(size_text(space.mapped_final));
    if (timed) cells.push_back(space.time_in_calls ? duration_text(*space.time_in_calls) : "-");
    table.row(std::move(cells));
  }
  table.print(out, 2);
}

void print_doubts(std::ostream& out, const VmTotals& vm, const KernelProfile& kernel,
                  const Style& style) {
  if (vm.learnt_slots > 0) {
    fmt::print(out, "  The trace begins in mid-life: {} there before its first call.\n",
               vm.learnt_slots == 1 ? "1 slot was" : fmt::format("{} slots were", vm.learnt_slots));
  }
  if (vm.disagreements == 0) return;
  const Disagreement& first = vm.first_disagreements.front();
  const auto result = [](int32_t ret) { return ret == 0 ? std::string("0") : errno_text(ret); };
  fmt::print(out, "  {}\n",
             style.warn(fmt::format(
                 "{} not have had the recorded result on Linux {}: call {} got {}, expected {}.",
                 vm.disagreements == 1 ? "1 call should"
                                       : fmt::format("{} calls should", vm.disagreements),
                 kernel.name, first.call.value, result(first.recorded), result(first.predicted))));
}

void print_leftovers(std::ostream& out, const Report& report) {
  if (report.summary.skipped_lines > 0) {
    fmt::print(out, "  {} not about memslots skipped.\n",
               count_text(report.summary.skipped_lines, "line", "lines"));
  }
  if (report.summary.bad_lines > 0) {
    fmt::print(out, "  {} left out because they could not be read.\n",
               count_text(report.summary.bad_lines, "line", "lines"));
  }
}

}  // namespace

void print_report(std::ostream& out, const Report& report, const Style& style) {
  const Totals& totals = report.totals;
  if (totals.calls == 0) {
    fmt::print(out, "{}\n", style.bold("No memslot call is in this trace."));
    print_loss(out, totals.lost, style);
    return;
  }
  print_headline(out, totals, style);
  print_loss(out, totals.lost, style);
  for (const VmTotals& vm : totals.vms) {
    out << '\n';
    if (totals.vms.size() > 1) {
      fmt::print(out, "{}: {}, {} ({})\n", style.bold(vm_name(vm)),
                 count_text(vm.calls, "call", "calls"), count_text(vm.commits, "commit", "commits"),
                 commit_origin(vm));
    }
    const VmFindings& findings = report.findings.at(vm.vm);
    print_summary(out, vm, findings, style);
    print_doubts(out, vm, report.kernel, style);
    out << '\n';
    print_spaces(out, vm);
    out << '\n';
    print_causes(out, findings.causes);
    out << '\n';
    if (!findings.phases.kinds.empty()) {
      print_phases(out, findings.phases);
      out << '\n';
    }
    print_findings(out, vm, findings, report.kernel);
  }
  out << '\n';
  print_leftovers(out, report);
  if (report.trace.path == "-") return;  // it can't be read again
  const std::string path = escape_for_terminal(report.trace.path);
  fmt::print(out, "  {}\n", style.dim("every call:         slotscope log " + path));
  fmt::print(out, "  {}\n", style.dim("memory at call N:   slotscope map " + path + " --at N"));
}

}  // namespace slotscope
