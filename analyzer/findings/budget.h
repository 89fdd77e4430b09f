// Limits that a VMM's CI sets on a trace, and how the trace keeps them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/findings/report.h"

namespace slotscope {

// A figure of a trace that a budget can limit: "calls", "address_space.1.calls" and the like.
struct Measure {
  std::string name;
  std::optional<uint64_t> value;  // empty: the trace does not tell (no times, no durations)
  // Depends on where commits begin or on why they happened, which the trace does not say: another
  // version of slotscope may infer otherwise.
  bool inferred = false;
};

struct Limit {
  std::string name;
  uint64_t most = 0;
};

struct BudgetLine {
  enum class Verdict : uint8_t {
    kept,
    broken,
    not_recorded,
    uncertain,  // not broken by what the trace shows, but it does not show all
  };
  Limit limit;
  std::optional<uint64_t> value;
  bool inferred = false;  // as of the measure
  Verdict verdict = Verdict::kept;
};

// What a trace does not show of the calls that there were.
struct TraceGaps {
  uint64_t lost_events = 0;
  bool cut_off = false;         // after its last call
  uint64_t calls = 0;           // that it shows
  bool begins_midlife = false;  // slots were there before its first call
  bool any() const { return lost_events > 0 || cut_off || begins_midlife; }
};
TraceGaps gaps_of(const Report& report);

struct BudgetCheck {
  std::vector<BudgetLine> lines;                         // in the order of the limits
  uint64_t broken = 0, uncertain = 0, not_recorded = 0;  // lines
  TraceGaps gaps;
  bool kept() const { return broken == 0 && uncertain == 0; }
};

// All measures of a trace; several VMs add up, peaks are the largest of any.
std::vector<Measure> measures_of(const Report& report);

// Whether a measure of this name can exist: in any trace, not just in one that shows it.
bool is_measure(const std::string& name);

BudgetCheck check_budget(const std::vector<Limit>& limits, const Report& report);

}  // namespace slotscope
