#include "analyzer/render/text/findings_text.h"

#include <fmt/ostream.h>

#include <algorithm>

#include "analyzer/findings/pressure.h"
#include "analyzer/render/text/cause_text.h"
#include "analyzer/render/text/shape_text.h"
#include "analyzer/render/text/table.h"
#include "analyzer/render/text/units_text.h"

namespace slotscope {
namespace {

constexpr size_t shown_causes = 12;

std::string calls_text(CallSpan calls) {
  if (calls.first == calls.last) return fmt::format("call {}", calls.first.value);
  return fmt::format("calls {}-{}", calls.first.value, calls.last.value);
}

std::string at_text(AsId as, Gpa gpa, Bytes size) {
  return fmt::format("{} at {} in address space {}", size_text(size), address_text(gpa.value),
                     as.value);
}

std::string took_text(const char* what, std::optional<Nanos> time) {
  return time ? fmt::format(", {} {}", what, duration_text(*time)) : "";
}

std::string pair_text(const SlotPair& pair) {
  return fmt::format("{}: {}{}", calls_text(pair.calls),
                     at_text(pair.slot.as, pair.slot.gpa, pair.slot.size),
                     took_text("away", pair.away));
}

void add_pairs(Table& table, const char* name, uint64_t count,
               const std::vector<SlotPair>& largest) {
  if (count == 0) return;
  table.row({name, std::to_string(count), pair_text(largest.front())});
}

void add_flapping(Table& table, const PairFindings& pairs) {
  if (pairs.flapping == 0) return;
  const Flapping& most = pairs.most_flapping.front();
  table.row(
      {"flapping slots", std::to_string(pairs.flapping),
       fmt::format("{}: {}, {} times", calls_text(most.calls),
                   at_text(most.slot.as, most.slot.gpa, most.slot.size), most.round_trips())});
}

void add_holes(Table& table, const HoleFindings& holes) {
  if (holes.count == 0) return;
  const Hole& one = holes.largest.front();
  table.row({"holes", std::to_string(holes.count),
             fmt::format("{}: {}{}", calls_text(one.calls),
                         at_text(one.as, one.range.begin, one.range.size()),
                         took_text("for", one.duration))});
}

void add_collateral(Table& table, const CollateralFindings& collateral) {
  if (collateral.largest.empty()) return;
  const Collateral& one = collateral.largest.front();
  const std::string purpose =
      one.changed.value ? "to change " + size_text(one.changed) : std::string("to change nothing");
  table.row({"collateral", size_text(collateral.collateral),
             fmt::format("commit {}, {}: {} put back unchanged, {}", one.commit.value,
                         calls_text(one.calls), size_text(one.bytes), purpose)});
}

void add_idle(Table& table, const IdleFindings& idle) {
  if (idle.largest.empty()) return;
  const IdleCommit& one = idle.largest.front();
  table.row({"idle calls", std::to_string(idle.calls),
             fmt::format("commit {}, {}: {} torn down to cut slots elsewhere", one.commit.value,
                         calls_text(one.span), size_text(one.bytes))});
}

void add_needless_cuts(Table& table, const VmFindings& findings) {
  const uint64_t slots = findings.minimal.floor, needed = findings.slots_needed.at_end;
  if (needed >= slots) return;
  table.row({"needless cuts", std::to_string(slots - needed),
             fmt::format("{} would do for the {} slots at the end", needed, slots)});
}

void add_mirrors(Table& table, const MirrorFindings& mirrors) {
  if (mirrors.count == 0) return;
  const MirroredCommit& one = mirrors.largest.front();
  table.row({"mirrors", std::to_string(mirrors.count),
             fmt::format("commit {}, {}: {}", one.commit.value, calls_text(one.calls),
                         count_text(one.mirrors, "call repeats address space 0",
                                    "calls repeat address space 0"))});
}

std::string total_time(const std::vector<CauseTotals>& causes, size_t from) {
  Nanos sum{0};
  for (size_t i = from; i < causes.size(); ++i) sum += causes[i].time.value_or(Nanos{0});
  return duration_text(sum);
}

const char* why_title(const CauseFindings& findings) {
  if (findings.from_stacks && findings.annotated) {
    return "why (from the stack or what the VMM said, else the signature)";
  }
  if (findings.from_stacks) return "why (from the stack, else the signature)";
  return findings.annotated ? "why (from what the VMM said, else the signature)"
                            : "why (from the signature)";
}

const char* sure_text(const CauseTotals& one) {
  return one.cause.rule->cause == CauseKind::unknown ? "-" : confidence_word(one.confidence);
}

}  // namespace

void print_causes(std::ostream& out, const CauseFindings& findings) {
  const std::vector<CauseTotals>& causes = findings.causes;
  const bool timed = std::any_of(causes.begin(), causes.end(),
                                 [](const CauseTotals& one) { return one.time.has_value(); });
  const bool idle = std::any_of(causes.begin(), causes.end(),
                                [](const CauseTotals& one) { return one.idle_calls > 0; });
  std::vector<Table::Column> columns = {
      {why_title(findings), Table::Align::left}, {"sure", Table::Align::left}, {"calls"}};
  if (idle) columns.push_back({"idle"});
  columns.push_back({"commits"});
  columns.push_back({"torn down"});
  if (timed) columns.push_back({"time in calls"});
  Table table(std::move(columns));
  const auto add_row = [&](const std::string& what, const char* sure, const CauseTotals& one,
                           const std::string& time) {
    std::vector<std::string> cells = {what, sure, std::to_string(one.calls)};
    if (idle) cells.push_back(one.idle_calls ? std::to_string(one.idle_calls) : "-");
    cells.push_back(std::to_string(one.commits));
    cells.push_back(one.torn_down.value ? size_text(one.torn_down) : "-");
    cells.push_back(time);
    table.row(std::move(cells));
  };
  const size_t shown = causes.size() <= shown_causes ? causes.size() : shown_causes - 1;
  CauseTotals rest;
  for (size_t i = 0; i < causes.size(); ++i) {
    const CauseTotals& one = causes[i];
    if (i >= shown) {
      rest.calls += one.calls;
      rest.idle_calls += one.idle_calls;
      rest.commits += one.commits;
      rest.torn_down += one.torn_down;
      continue;
    }
    add_row(cause_text(one.cause), sure_text(one), one, one.time ? duration_text(*one.time) : "-");
  }
  if (shown < causes.size()) {
    add_row(fmt::format("{} others", causes.size() - shown), "", rest, total_time(causes, shown));
  }
  table.print(out, 2);
}

void print_findings(std::ostream& out, const VmTotals& vm, const VmFindings& findings,
                    const Report& report, const Style& style) {
  Table table({{"findings", Table::Align::left}, {"count"}, {"the largest", Table::Align::left}});
  add_pairs(table, "redundant pairs", findings.pairs.redundant, findings.pairs.largest_redundant);
  add_pairs(table, "restored pairs", findings.pairs.restored, findings.pairs.largest_restored);
  add_flapping(table, findings.pairs);
  add_holes(table, findings.holes);
  add_collateral(table, findings.collateral);
  add_idle(table, findings.idle);
  add_mirrors(table, findings.mirrors);
  add_needless_cuts(table, findings);
  add_shapes(table, findings.shapes);
  const Pressure pressure = slot_pressure(vm.spaces, report.kernel);
  table.row(
      {"slots", std::to_string(pressure.slots_peak),
       fmt::format("of {} (Linux {}{}); up to {} of kernel memory{}", pressure.slots_limit,
                   report.kernel.name, report.kernel_assumed ? " assumed" : "",
                   size_text(pressure.metadata_peak), vm.spaces.size() > 1 ? " in all" : "")});
  table.print_within(style.width, out, 2);
  if (findings.pairs.forgotten > 0) {
    fmt::print(out, "  {} left out of the pairs: too many slots were away at once.\n",
               count_text(findings.pairs.forgotten, "delete", "deletes"));
  }
}

}  // namespace slotscope
