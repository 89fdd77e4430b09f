#include "analyzer/render/text/replay_text.h"

#include <fmt/ostream.h>

#include <algorithm>
#include <cstdlib>

#include "analyzer/base/escape.h"
#include "analyzer/render/text/table.h"
#include "analyzer/render/text/units_text.h"
#include "analyzer/render/text/wrapped_text.h"
#include "analyzer/render/words.h"

namespace slotscope {
namespace {

constexpr size_t shown_disagreements = 10;
constexpr size_t shown_left_out = 5;
constexpr size_t shown_holes = 5;

std::string result_text(int32_t result) { return result == 0 ? "0" : errno_text(result); }

std::string machine_text(const ReplayResult& result) {
  const HostFacts& host = result.host;
  std::string text = fmt::format("Linux {}{}{}, {}", host.kernel, host.backend.empty() ? "" : " ",
                                 host.backend, host.shadow_paging ? "shadow paging" : "TDP");
  if (host.virtual_machine) text += ", in a virtual machine";
  return text + ", " + result.setup;
}

std::string agreement_text(const ReplayResult& result) {
  if (result.disagreements.empty()) return "every result as recorded";
  return count_text(result.disagreements.size(), "result differs", "results differ");
}

// How much of it was done, so that an interruption claims no more than was seen.
std::string headline_text(const ReplayResult& result) {
  const size_t planned = result.plan.operations.size();
  if (result.runs.empty()) return "Interrupted before the first measured run.";
  const size_t done = result.runs.front().durations.size();
  if (done < planned) {
    return fmt::format("{} of {} calls replayed until interrupted: {}.", done, planned,
                       agreement_text(result));
  }
  return fmt::format("{} replayed {}: {}.", count_text(planned, "call", "calls"),
                     count_text(result.runs.size(), "time", "times"), agreement_text(result));
}

void print_plan_losses(std::ostream& out, const Plan& plan, const Style& style) {
  if (plan.lost_events) {
    fmt::print(out, "{}\n",
               style.warn("The trace lost events: what is replayed is not all that happened."));
  }
  if (plan.cut_off) {
    fmt::print(out, "{}\n",
               style.warn("The trace is cut off: what came after its last call is not replayed."));
  }
}

void print_headline(std::ostream& out, const ReplayResult& result, const Style& style) {
  fmt::print(out, "{}\non {}\n", style.bold(headline_text(result)), machine_text(result));
  if (result.interrupted && !result.runs.empty()) {
    fmt::print(out, "{}\n", style.warn("Interrupted: these are the runs until then."));
  }
  print_plan_losses(out, result.plan, style);
  if (std::any_of(result.plan.machines.begin(), result.plan.machines.end(),
                  [](const Machine& machine) { return machine.only.has_value(); })) {
    fmt::print(out, "{}\n",
               style.warn("Each address space in a VM of its own: no call pays for the others'."));
  }
}

void print_kinds(std::ostream& out, const ReplayResult& result) {
  const bool recorded = result.fidelity.has_value();
  std::vector<Table::Column> columns = {{"kind", Table::Align::left},
                                        {"as"},
                                        {"slot size", Table::Align::left},
                                        {"samples"},
                                        {"min"},
                                        {"median"},
                                        {"p90"},
                                        {"p99"},
                                        {"max"},
                                        {"per run"}};
  if (recorded) columns.push_back({"recorded"});
  Table table(std::move(columns));
  const auto runs = static_cast<int64_t>(std::max<size_t>(result.runs.size(), 1));
  for (const KindRow& row : result.kinds) {
    std::vector<std::string> cells = {
        kind_word(row.kind),       std::to_string(row.as.value),
        size_class_text(row.size), std::to_string(row.count),
        duration_text(row.min),    duration_text(row.median),
        duration_text(row.p90),    duration_text(row.p99),
        duration_text(row.max),    duration_text(Nanos{row.total.value / runs})};
    if (recorded) cells.push_back(row.recorded_median ? duration_text(*row.recorded_median) : "-");
    table.row(std::move(cells));
  }
  table.print(out, 2);
}

void print_total(std::ostream& out, const ReplayResult& result) {
  std::vector<Nanos> totals;
  for (const ReplayRun& run : result.runs) totals.push_back(run.total);
  if (totals.empty()) return;
  std::sort(totals.begin(), totals.end());
  fmt::print(out, "  one replay: {} in its calls ({} to {})\n",
             duration_text(totals[(totals.size() - 1) / 2]), duration_text(totals.front()),
             duration_text(totals.back()));
}

void print_slowest(std::ostream& out, const ReplayResult& result) {
  if (result.slowest.empty()) return;
  fmt::print(out, "\nslowest calls, by median\n");
  Table table({{"call"},
               {"kind", Table::Align::left},
               {"as"},
               {"gpa", Table::Align::left},
               {"size"},
               {"median"},
               {"max"}});
  for (const SlowCall& call : result.slowest) {
    table.row({std::to_string(call.call.value), kind_word(call.kind), std::to_string(call.as.value),
               address_text(call.gpa.value), size_text(call.size), duration_text(call.median),
               duration_text(call.max)});
  }
  table.print(out, 2);
}

std::string percent_range(const Estimate& estimate) {
  return fmt::format("{:.3f} x the time (95 %: {:.3f}-{:.3f})", estimate.median, estimate.ci95[0],
                     estimate.ci95[1]);
}

void print_comparison(std::ostream& out, const ReplayResult& result, const Style& style) {
  if (!result.comparison) return;
  const Comparison& comparison = *result.comparison;
  const auto calls = static_cast<int64_t>(result.plan.operations.size()) - comparison.calls_saved;
  std::string text = fmt::format("{}: {}, ", escape_for_terminal(comparison.variant),
                                 count_text(static_cast<uint64_t>(calls), "call", "calls"));
  if (!comparison.saved) {
    text += "no complete pair of runs to compare";
  } else {
    text += fmt::format("{}, {} {} per replay", percent_range(comparison.ratio),
                        duration_text(magnitude(*comparison.saved)),
                        comparison.saved->value < 0 ? "lost" : "saved");
  }
  fmt::print(out, "\n{}\n", style.bold(text));
  if (comparison.saved) {
    fmt::print(
        out, "  {}\n",
        style.dim(fmt::format("median of the ratios of {} in turn; interval by bootstrap",
                              count_text(comparison.pairs, "pair of runs", "pairs of runs"))));
  }
}

void print_against(std::ostream& out, const ReplayResult& result, const Style& style) {
  if (!result.against) return;
  const Against& against = *result.against;
  fmt::print(
      out, "\n{}\n",
      style.bold(fmt::format("against {} (Linux {}): {}", escape_for_terminal(against.file),
                             escape_for_terminal(against.kernel), percent_range(against.ratio))));
  if (against.operations != result.plan.operations.size()) {
    fmt::print(out, "  {}\n",
               style.warn(fmt::format("it replayed {}, so the totals are of different sequences",
                                      count_text(against.operations, "call", "calls"))));
  }
  Table table({{"kind", Table::Align::left},
               {"as"},
               {"slot size", Table::Align::left},
               {"median there"},
               {"median here"}});
  for (const Against::Row& row : against.rows) {
    table.row({kind_word(row.kind), std::to_string(row.as.value),
               escape_for_terminal(row.size_class), duration_text(row.there),
               duration_text(row.here)});
  }
  table.print(out, 2);
}

void print_disagreements(std::ostream& out, const ReplayResult& result, const Style& style) {
  const auto& all = result.disagreements;
  for (size_t i = 0; i < std::min(all.size(), shown_disagreements); ++i) {
    fmt::print(out, "  {}\n",
               style.warn(fmt::format("call {}: recorded {}, replayed {}, by the rules {}",
                                      all[i].call.value, result_text(all[i].recorded),
                                      result_text(all[i].replayed), result_text(all[i].model))));
  }
  if (all.size() > shown_disagreements) {
    fmt::print(out, "  and {} more (--json has all)\n", all.size() - shown_disagreements);
  }
}

void print_left_out(std::ostream& out, const Plan& plan, size_t most) {
  for (size_t i = 0; i < std::min(plan.left_out.size(), most); ++i) {
    const LeftOut& one = plan.left_out[i];
    fmt::print(out, "  left out: call {} ({}): {}\n", one.call.value, result_text(one.recorded),
               left_out_text(one.reason));
  }
  if (plan.left_out.size() > most) {
    fmt::print(out, "  and {} more left out (--dry-run has all)\n", plan.left_out.size() - most);
  }
}

void print_holes(std::ostream& out, const ReplayResult& result) {
  if (result.holes.empty()) return;
  fmt::print(out, "\nMMIO exits that vCPUs took in holes, all runs\n");
  for (size_t i = 0; i < std::min(result.holes.size(), shown_holes); ++i) {
    const HoleExits& hole = result.holes[i];
    fmt::print(out, "  {:>8}  call {}: {} {}\n", hole.mmio_exits, hole.call.value,
               range_text(hole.range), size_text(hole.range.size()));
  }
  if (result.holes.size() > shown_holes) {
    fmt::print(out, "  and {} more (--json has all)\n", result.holes.size() - shown_holes);
  }
}

void print_caveats(std::ostream& out, const ReplayResult& result, const Style& style) {
  std::vector<Nanos> creates;
  for (const ReplayRun& run : result.runs) creates.push_back(run.vm_create);
  std::sort(creates.begin(), creates.end());
  if (!creates.empty()) {
    fmt::print(out,
               "  Creating the VM took {} (median) and is in no figure; reading the clock, {}, is "
               "in each.\n",
               duration_text(creates[creates.size() / 2]), duration_text(result.clock_cost));
  }
  uint64_t samples = 0, outliers = 0;
  for (const KindRow& row : result.kinds) {
    samples += row.count;
    outliers += row.outliers;
  }
  if (outliers > 0) {
    fmt::print(out,
               "  {} of {} samples are outliers (robust z-score above 3.5); medians bear it.\n",
               outliers, samples);
  }
  if (result.run_outliers > 0) {
    fmt::print(out, "  {}\n",
               style.warn(fmt::format("{} took far longer or shorter than the others: something "
                                      "else was running here.",
                                      count_text(result.run_outliers, "run", "runs"))));
  }
  if (const auto& fidelity = result.fidelity) {
    fmt::print(out, "  The trace's own durations sum to {}, the medians here to {} ({}).\n",
               duration_text(fidelity->recorded), duration_text(fidelity->replayed),
               count_text(fidelity->calls, "call", "calls"));
  }
  for (const ReplayRun& run : result.runs) {
    if (run.vcpu_failure.empty()) continue;
    fmt::print(out, "  {}\n",
               style.warn("A vCPU ended before its time: " + run.vcpu_failure + "."));
    break;
  }
  if (result.setup == "no vCPU") {
    fmt::print(out, "  {}\n",
               style.dim("An empty VM shows the floor; --vcpus 1 --guest touch adds what a running "
                         "guest pays."));
  }
}

}  // namespace

void print_replay(std::ostream& out, const ReplayResult& result, const Style& style) {
  print_headline(out, result, style);
  print_disagreements(out, result, style);
  print_left_out(out, result.plan, shown_left_out);
  if (result.runs.empty()) return;
  out << '\n';
  print_kinds(out, result);
  print_total(out, result);
  print_slowest(out, result);
  print_holes(out, result);
  print_comparison(out, result, style);
  print_against(out, result, style);
  out << '\n';
  print_caveats(out, result, style);
}

namespace {

std::string role_text(const Operation& op) {
  if (op.role == Operation::Role::setup) return "before the trace";
  if (op.role == Operation::Role::hidden_delete) return "hidden in the trace";
  if (op.recorded == op.predicted) return "";
  return fmt::format("recorded: {}", result_text(op.recorded));
}

void print_circumstances(std::ostream& out, const Plan& plan, const PlanCircumstances& around,
                         const Style& style) {
  const auto warn = [&](const std::string& line) {
    fmt::print(out, "{}\n", style.warn(wrapped_text(line, 0, style.width)));
  };
  if (around.refusal) {
    warn(fmt::format("A replay here would be refused: {}.", around.refusal->message));
    if (!around.refusal->advice.empty()) fmt::print(out, "  {}\n", around.refusal->advice);
  }
  if (around.rules) {
    fmt::print(out, "No KVM can be used here; results are by the rules of Linux {}.\n",
               *around.rules);
  }
  if (around.variant) {
    fmt::print(out, "This is the variant ({}); the trace's own calls are issued in turn with it.\n",
               escape_for_terminal(*around.variant));
  }
  print_plan_losses(out, plan, style);
}

}  // namespace

void print_plan(std::ostream& out, const Plan& plan, const PlanCircumstances& around,
                const Style& style) {
  print_circumstances(out, plan, around, style);
  fmt::print(out, "{}\n",
             style.bold(fmt::format("{} on {}; {} of scratch addresses, up to {} of kernel memory.",
                                    count_text(plan.operations.size(), "operation", "operations"),
                                    count_text(plan.machines.size(), "VM", "VMs"),
                                    size_text(plan.reservation), size_text(plan.metadata_peak))));
  Table table({{"call"},
               {"vm"},
               {"as"},
               {"slot"},
               {"kind", Table::Align::left},
               {"gpa", Table::Align::left},
               {"size"},
               {"mode", Table::Align::left},
               {"scratch offset", Table::Align::left},
               {"expected", Table::Align::left},
               {"", Table::Align::left}});
  for (const Operation& op : plan.operations) {
    table.row({op.call.value ? std::to_string(op.call.value) : "-",
               std::to_string(plan.machines[op.machine].vm.value),
               std::to_string(plan.recorded_as(op).value), std::to_string(op.slot.value),
               kind_word(op.kind), address_text(op.gpa.value), size_text(op.slot_size),
               op.size.value ? mode_text(op.flags) : "", address_text(op.host.value),
               result_text(op.predicted), role_text(op)});
  }
  table.print(out, 2);
  print_left_out(out, plan, plan.left_out.size());
}

}  // namespace slotscope
