#include "analyzer/findings/budget.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "analyzer/causes/cause_rules.h"

namespace slotscope {
namespace {

constexpr std::string_view space_prefix = "address_space.", cause_prefix = "cause.";
constexpr std::string_view of_space[] = {"calls", "slots"};
constexpr std::string_view of_cause[] = {"calls", "torn_down_bytes", "collateral_bytes",
                                         "idle_calls"};
constexpr std::string_view of_trace[] = {
    "calls",           "commits",          "lost",         "disagreements",
    "rejected",        "redundant_pairs",  "mirrors",      "restored_pairs",
    "holes",           "collateral_bytes", "slots",        "hole_time_ns",
    "longest_hole_ns", "time_in_calls_ns", "idle_commits", "idle_calls",
    "idle_bytes",      "slots_needed",
};

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Found commit by commit: with other boundaries they are other figures.
constexpr std::string_view of_commits[] = {
    "commits",          "mirrors",      "holes",      "hole_time_ns", "longest_hole_ns",
    "collateral_bytes", "idle_commits", "idle_calls", "idle_bytes",   "slots_needed",
};

// Sums and peaks by name, in the order in which they first come.
class Measures {
 public:
  void add(const std::string& name, uint64_t value) {
    std::optional<uint64_t>& sum = entry(name);
    sum = sum.value_or(0) + value;
  }
  void peak(const std::string& name, uint64_t value) {
    std::optional<uint64_t>& most = entry(name);
    most = std::max(most.value_or(0), value);
  }
  void add(const std::string& name, std::optional<Nanos> time) {
    time ? add(name, static_cast<uint64_t>(std::max<int64_t>(time->value, 0))) : void(entry(name));
  }
  std::vector<Measure> take() { return std::move(measures_); }

 private:
  std::optional<uint64_t>& entry(const std::string& name) {
    const auto [at, fresh] = places_.try_emplace(name, measures_.size());
    if (fresh) measures_.push_back({name, std::nullopt});
    return measures_[at->second].value;
  }

  std::vector<Measure> measures_;
  std::map<std::string, size_t> places_;
};

void add_spaces(Measures& measures, const VmTotals& vm) {
  for (const SpaceTotals& space : vm.spaces) {
    const std::string prefix = std::string(space_prefix) + std::to_string(space.as.value);
    measures.add(prefix + ".calls", space.calls);
    measures.peak(prefix + ".slots", space.slots_peak);
    measures.peak("slots", space.slots_peak);
    measures.add("time_in_calls_ns", space.time_in_calls);
  }
}

void add_findings(Measures& measures, const VmFindings& findings) {
  measures.add("redundant_pairs", findings.pairs.redundant);
  measures.add("restored_pairs", findings.pairs.restored);
  measures.add("mirrors", findings.mirrors.count);
  measures.add("holes", findings.holes.count);
  const bool timed = findings.holes.timed > 0 || findings.holes.count == 0;
  measures.add("hole_time_ns", timed ? std::optional(findings.holes.time) : std::nullopt);
  if (findings.holes.count == 0) measures.peak("longest_hole_ns", 0);
  if (findings.holes.longest) {
    measures.peak("longest_hole_ns",
                  static_cast<uint64_t>(std::max<int64_t>(findings.holes.longest->value, 0)));
  }
  measures.add("collateral_bytes", findings.collateral.collateral.value);
  measures.add("idle_commits", findings.idle.commits);
  measures.add("idle_calls", findings.idle.calls);
  measures.add("idle_bytes", findings.idle.bytes.value);
  measures.peak("slots_needed", findings.slots_needed.peak);
  for (const CauseTotals& one : findings.causes.causes) {
    const std::string prefix = std::string(cause_prefix) + cause_word(one.cause.rule->cause);
    measures.add(prefix + ".calls", one.calls);
    measures.add(prefix + ".torn_down_bytes", one.torn_down.value);
    measures.add(prefix + ".collateral_bytes", one.collateral.value);
    measures.add(prefix + ".idle_calls", one.idle_calls);
  }
}

// What a trace that shows nothing of this name tells about it.
std::optional<uint64_t> absent_value(const std::string& name) {
  return name.ends_with("_ns") ? std::nullopt : std::optional<uint64_t>(0);
}

bool is_inferred(const std::string& name, const Report& report) {
  if (name.starts_with(cause_prefix)) return true;
  const auto& vms = report.totals.vms;
  return contains(of_commits, name) && !std::all_of(vms.begin(), vms.end(), [](const VmTotals& vm) {
           return vm.commits_recorded;
         });
}

}  // namespace

std::vector<Measure> measures_of(const Report& report) {
  Measures measures;
  measures.add("calls", report.totals.calls);
  measures.add("lost", report.totals.lost.events);
  for (const VmTotals& vm : report.totals.vms) {
    measures.add("commits", vm.commits);
    measures.add("disagreements", vm.disagreements);
    measures.add("rejected", vm.rejected);
    add_spaces(measures, vm);
    add_findings(measures, report.findings.at(vm.vm));
  }
  std::vector<Measure> all = measures.take();
  for (Measure& measure : all) measure.inferred = is_inferred(measure.name, report);
  return all;
}

bool is_measure(const std::string& name) {
  const std::string_view text = name;
  if (contains(of_trace, text)) return true;
  const size_t dot = text.rfind('.');
  if (dot == std::string_view::npos) return false;
  const std::string_view what = text.substr(dot + 1), head = text.substr(0, dot);
  if (head.starts_with(space_prefix)) {
    const std::string_view id = head.substr(space_prefix.size());
    uint16_t value = 0;
    const auto [rest, error] = std::from_chars(id.data(), id.data() + id.size(), value);
    return error == std::errc{} && rest == id.data() + id.size() && contains(of_space, what);
  }
  if (!head.starts_with(cause_prefix) || !contains(of_cause, what)) return false;
  const auto rules = cause_rules();
  return std::any_of(rules.begin(), rules.end(), [&](const CauseRule& rule) {
    return cause_word(rule.cause) == head.substr(cause_prefix.size());
  });
}

TraceGaps gaps_of(const Report& report) {
  TraceGaps gaps{.lost_events = report.totals.lost.events,
                 .cut_off = report.summary.cut_off(),
                 .calls = report.totals.calls};
  for (const VmTotals& vm : report.totals.vms) gaps.begins_midlife |= vm.learnt_slots > 0;
  return gaps;
}

BudgetCheck check_budget(const std::vector<Limit>& limits, const Report& report) {
  using enum BudgetLine::Verdict;
  BudgetCheck check;
  check.gaps = gaps_of(report);
  const std::vector<Measure> measures = measures_of(report);
  for (const Limit& limit : limits) {
    const auto found = std::find_if(measures.begin(), measures.end(), [&](const Measure& measure) {
      return measure.name == limit.name;
    });
    BudgetLine line{.limit = limit,
                    .value = found == measures.end() ? absent_value(limit.name) : found->value,
                    .inferred = is_inferred(limit.name, report)};
    if (!line.value) {
      line.verdict = not_recorded;
    } else if (*line.value > limit.most) {
      line.verdict = broken;
    } else if (check.gaps.cut_off || (check.gaps.any() && limit.name != "lost")) {
      line.verdict = uncertain;
    }
    check.broken += line.verdict == broken;
    check.uncertain += line.verdict == uncertain;
    check.not_recorded += line.verdict == not_recorded;
    check.lines.push_back(std::move(line));
  }
  return check;
}

}  // namespace slotscope
