// Two sequences measured in turn, A B A B: how much the one takes of the other's time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "replay/data/replay_result.h"

namespace slotscope {

// The median of `values` with a 95 % percentile bootstrap interval of 2000 resamples. The generator
// has a fixed seed, so the same samples give the same interval. `values` is not empty.
Estimate bootstrap_median(std::vector<double> values);

// Run i of one against run i of the other, which stood next to it in time: what disturbs both is
// not in their ratio. Incomplete pairs count for nothing.
Comparison compare_runs(std::span<const ReplayRun> original, std::span<const ReplayRun> variant);

// Runs that were made apart from each other, on another kernel or host: the ratio of the medians of
// both sets of totals, resampled independently.
Estimate ratio_of_medians(const std::vector<double>& numerator,
                          const std::vector<double>& denominator);

}  // namespace slotscope
