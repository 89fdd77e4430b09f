// Two traces aligned by what they did.
#pragma once

#include <vector>

#include "analyzer/diff/diff_trace.h"

namespace slotscope {

// Calls that only one trace has, next to each other in it, of one commit and address space.
struct DiffRun {
  CallSpan calls;
  uint64_t count = 0;  // calls, mirrors included
  UpdateCounts updates;
  uint64_t mirrors = 0;
  VmId vm;
  AsId as;
  CommitId commit;
  CauseKind cause = CauseKind::unknown;
  Confidence confidence = Confidence::low;
  GpaRange range;  // from the lowest to the highest address
};

struct DiffSide {
  uint64_t calls = 0;
  uint64_t only = 0;          // calls missing from the other trace
  uint64_t only_mirrors = 0;  // of those, how many repeat address space 0
  std::vector<DiffRun> runs;  // in the order of the trace
};

struct FinalSpace {
  SpaceKey space;
  bool in_a = false, in_b = false;
  uint64_t only_a = 0, only_b = 0;  // slots
  bool equal() const { return in_a && in_b && only_a == 0 && only_b == 0; }
};

struct CauseCount {
  CauseKind cause = CauseKind::unknown;
  uint64_t a = 0, b = 0;                    // calls
  uint64_t only_a = 0, only_b = 0;          // of them
  uint64_t doubtful_a = 0, doubtful_b = 0;  // calls that are perhaps due to something else
};

struct SpaceCount {
  SpaceKey space;
  uint64_t a = 0, b = 0;
  uint64_t only_a = 0, only_b = 0;
};

struct TraceDiff {
  uint64_t matched = 0;
  bool exact = true;  // false: too much is in another order to search for all that corresponds
  DiffSide a, b;
  std::vector<SpaceCount> spaces;
  std::vector<CauseCount> causes;  // most calls in both together first
  std::vector<FinalSpace> final_spaces;
  bool final_state_equal = true;
  bool equal() const { return a.only == 0 && b.only == 0 && final_state_equal; }
};

TraceDiff diff(const DiffTrace& a, const DiffTrace& b);

}  // namespace slotscope
