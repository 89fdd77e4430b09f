// Limits that a VMM's CI sets on a trace, and how the trace keeps them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/findings/report.h"

namespace slotscope {

// What of a trace can be limited: "calls", "address_space.1.calls", "cause.pam.calls", ...
struct Measure {
  std::string name;
  std::optional<uint64_t> value;  // empty: the trace does not tell (no times, no durations)
};

struct Limit {
  std::string name;
  uint64_t most = 0;
};

struct BudgetLine {
  enum class Verdict : uint8_t { kept, broken, not_recorded };
  Limit limit;
  std::optional<uint64_t> value;
  Verdict verdict = Verdict::kept;
};

struct BudgetCheck {
  std::vector<BudgetLine> lines;  // in the order of the limits
  uint64_t broken = 0;
  // Events are missing: what was counted is a lower bound, so a kept limit may be a broken one.
  bool uncertain = false;
};

// All measures of a trace; several VMs add up, peaks are the largest of any.
std::vector<Measure> measures_of(const Report& report);

// Whether a measure of this name can exist: in any trace, not just in one that shows it.
bool is_measure(const std::string& name);

BudgetCheck check_budget(const std::vector<Limit>& limits, const Report& report);

}  // namespace slotscope
