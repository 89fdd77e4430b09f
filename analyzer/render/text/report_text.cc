#include "analyzer/render/text/report_text.h"

#include <fmt/ostream.h>

#include <algorithm>

#include "analyzer/base/escape.h"
#include "analyzer/render/text/findings_text.h"
#include "analyzer/render/text/phase_text.h"
#include "analyzer/render/text/table.h"
#include "analyzer/render/text/units_text.h"
#include "analyzer/render/text/wrapped_text.h"

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
  if (totals.clock_step) {
    return fmt::format("; the clock goes back at call {}, so no time in all",
                       totals.clock_step->value);
  }
  const std::string span = duration_text(*totals.last - *totals.first);
  return has_durations(totals)
             ? fmt::format(", over {}", span)
             : fmt::format(", over {}; durations of calls are not recorded", span);
}

void print_headline(std::ostream& out, const Totals& totals, const Style& style) {
  std::string line = count_text(totals.calls, "call", "calls");
  if (totals.vms.size() == 1) {
    const VmTotals& vm = totals.vms.front();
    line += vm.commits ? fmt::format(" in {} ({})", count_text(vm.commits, "commit", "commits"),
                                     commit_origin(vm))
                       : std::string(", none of which changed a slot");
  } else {
    line += fmt::format(" on {}", count_text(totals.vms.size(), "VM", "VMs"));
  }
  line += time_clause(totals);
  fmt::print(out, "{}\n", style.bold(line + "."));
}

// In the order of Loss::Reason: of one event, and of several.
constexpr const char* loss_reasons[][2] = {
    {"the tracer dropped it", "the tracer dropped them"},
    {"the tracer did not print what it asked for", "the tracer did not print what they asked for"},
    {"that part of the file can't be read", "those parts of the file can't be read"},
};

std::string loss_reason(const LossTotals& lost) {
  std::string text;
  for (size_t i = 0; i < lost.by_reason.size(); ++i) {
    const uint64_t events = lost.by_reason[i];
    if (events == 0) continue;
    text += text.empty() ? "" : "; ";
    if (events < lost.events) text += fmt::format("{}: ", events);
    text += loss_reasons[i][events == 1 ? 0 : 1];
  }
  return text;
}

// What is missing, before anything that is concluded from the rest.
void print_gaps(std::ostream& out, const Report& report, const Style& style) {
  const LossTotals& lost = report.totals.lost;
  const auto warn = [&](const std::string& line) {
    fmt::print(out, "{}\n", style.warn(wrapped_text(line, 0, style.width)));
  };
  if (lost.events > 0) {
    warn(fmt::format("{} lost ({}), the first after call {}: what follows is uncertain.",
                     count_text(lost.events, "event", "events"), loss_reason(lost),
                     lost.first_after->value));
  }
  if (report.summary.cut_off() && report.totals.calls > 0) {
    warn(fmt::format("The trace is cut off after call {}: what came later is not in it.",
                     report.totals.calls));
  }
}

const char* no_call_text(const Report& report) {
  if (report.summary.cut_off()) return "The trace is cut off before its first memslot call.";
  return report.totals.lost.events > 0 ? "No memslot call of this trace can be read."
                                       : "No memslot call is in this trace.";
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
  if (timed) columns.push_back({"in calls"});
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
  std::string line = fmt::format(
      "{} not have had the recorded result on Linux {}: call {} got {}, expected {}.",
      vm.disagreements == 1 ? "1 call should" : fmt::format("{} calls should", vm.disagreements),
      kernel.name, first.call.value, result(first.recorded), result(first.predicted));
  // A second run starts from an empty slot table that the first has filled.
  if (first.recorded == 0) line += " Are these several runs in one log?";
  fmt::print(out, "{}\n", style.warn(wrapped_text(line, 2, style.width)));
}

void print_leftovers(std::ostream& out, const Report& report) {
  if (report.summary.skipped_lines > 0) {
    fmt::print(out, "  {} not about memslots skipped.\n",
               count_text(report.summary.skipped_lines, "line", "lines"));
  }
  if (report.summary.bad_lines > 0) {
    fmt::print(out, "  {} could not be read.\n",
               count_text(report.summary.bad_lines, "line", "lines"));
  }
}

}  // namespace

void print_report(std::ostream& out, const Report& report, const Style& style) {
  const Totals& totals = report.totals;
  if (totals.calls == 0) {
    fmt::print(out, "{}\n", style.bold(no_call_text(report)));
    print_gaps(out, report, style);
    return;
  }
  print_headline(out, totals, style);
  print_gaps(out, report, style);
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
    print_findings(out, vm, findings, report, style);
  }
  out << '\n';
  print_leftovers(out, report);
  if (report.trace.path == "-") return;  // it can't be read again
  const std::string path = shell_word(report.trace.path);
  fmt::print(out, "  {}\n", style.dim("every call:         slotscope log " + path));
  fmt::print(out, "  {}\n", style.dim("memory at call N:   slotscope map " + path + " --at N"));
}

}  // namespace slotscope
