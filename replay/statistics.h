// Numbers out of samples. Pure; knows no KVM.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "analyzer/base/units.h"
#include "replay/data/replay_plan.h"
#include "replay/data/replay_result.h"

namespace slotscope {

// The smallest sample that `percent` of all are not above (nearest rank). `sorted` is not empty.
Nanos percentile(std::span<const Nanos> sorted, double percent);

// How many samples are far from the rest: their robust z-score (Iglewicz and Hoaglin: distance
// from the median in units of the median absolute deviation) is above 3.5. None below 5 samples.
uint64_t count_outliers(std::span<const Nanos> sorted);

// Per kind, address space and size class, in that order.
std::vector<KindRow> kind_rows(const Plan& plan, std::span<const ReplayRun> runs);

// The operations with the highest medians, highest first.
std::vector<SlowCall> slowest_calls(const Plan& plan, std::span<const ReplayRun> runs, size_t most);

// In the order of the calls; of the first run.
std::vector<ReplayDisagreement> disagreements(const Plan& plan, std::span<const ReplayRun> runs);

// The runs' holes, those of the same delete added up.
std::vector<HoleExits> sum_holes(std::span<const ReplayRun> runs);

// The trace's own durations beside the replay's; empty when it has none.
std::optional<Fidelity> fidelity(const Plan& plan, std::span<const ReplayRun> runs);

// Runs whose total is an outlier among them.
uint64_t count_run_outliers(std::span<const ReplayRun> runs);

}  // namespace slotscope
