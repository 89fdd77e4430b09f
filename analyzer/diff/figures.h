// What the findings of a trace add up to over its VMs, to be set beside another trace's.
#pragma once

#include <cstdint>
#include <optional>

#include "analyzer/diff/diff_trace.h"

namespace slotscope {

// Times are absent where the trace has none.
struct DiffFigures {
  uint64_t redundant = 0, restored = 0, holes = 0, mirrors = 0;
  uint64_t idle_calls = 0, needless_cuts = 0;  // the cuts of the end
  Bytes collateral;
  std::optional<Nanos> time_in_calls, longest_hole;
};

DiffFigures figures_of(const DiffTrace& trace);

}  // namespace slotscope
