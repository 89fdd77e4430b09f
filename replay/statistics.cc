#include "replay/statistics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

namespace slotscope {
namespace {

using Key = std::tuple<UpdateKind, AsId, SizeClass>;

// What it was: the rules' word, unless KVM had another.
UpdateKind kind_of(const Operation& op, int32_t result) {
  if (result != 0) return UpdateKind::rejected;
  if (op.kind != UpdateKind::rejected) return op.kind;
  return op.size.value == 0 ? UpdateKind::del : UpdateKind::create;
}

std::vector<Nanos> samples_of(size_t operation, std::span<const ReplayRun> runs) {
  std::vector<Nanos> samples;
  for (const ReplayRun& run : runs) {
    if (operation < run.durations.size()) samples.push_back(run.durations[operation]);
  }
  std::sort(samples.begin(), samples.end());
  return samples;
}

struct Samples {
  std::vector<Nanos> replayed, recorded;
};

KindRow row_of(const Key& key, Samples& samples) {
  std::vector<Nanos>& sorted = samples.replayed;
  std::sort(sorted.begin(), sorted.end());
  KindRow row{.kind = std::get<0>(key),
              .as = std::get<1>(key),
              .size = std::get<2>(key),
              .count = sorted.size(),
              .min = sorted.front(),
              .median = percentile(sorted, 50),
              .p90 = percentile(sorted, 90),
              .p99 = percentile(sorted, 99),
              .max = sorted.back(),
              .total = {},
              .outliers = count_outliers(sorted)};
  for (const Nanos sample : sorted) row.total += sample;
  if (!samples.recorded.empty()) {
    std::sort(samples.recorded.begin(), samples.recorded.end());
    row.recorded_median = percentile(samples.recorded, 50);
  }
  return row;
}

}  // namespace

Nanos percentile(std::span<const Nanos> sorted, double percent) {
  const double rank = std::ceil(percent / 100 * static_cast<double>(sorted.size()));
  const auto index = static_cast<size_t>(std::max(rank, 1.0)) - 1;
  return sorted[std::min(index, sorted.size() - 1)];
}

uint64_t count_outliers(std::span<const Nanos> sorted) {
  constexpr size_t fewest = 5;
  constexpr double threshold = 3.5, normal_quartile = 0.6745;
  if (sorted.size() < fewest) return 0;
  const Nanos median = percentile(sorted, 50);
  std::vector<Nanos> distances;
  distances.reserve(sorted.size());
  for (const Nanos sample : sorted) distances.push_back(magnitude(sample - median));
  std::sort(distances.begin(), distances.end());
  const auto deviation = static_cast<double>(percentile(distances, 50).value);
  if (deviation == 0) return 0;  // more than half are the same: there is no scale to measure by
  return static_cast<uint64_t>(std::count_if(distances.begin(), distances.end(), [&](Nanos d) {
    return normal_quartile * static_cast<double>(d.value) / deviation > threshold;
  }));
}

std::vector<KindRow> kind_rows(const Plan& plan, std::span<const ReplayRun> runs) {
  std::map<Key, Samples> groups;
  for (size_t i = 0; i < plan.operations.size(); ++i) {
    const Operation& op = plan.operations[i];
    if (op.role == Operation::Role::setup) continue;
    for (const ReplayRun& run : runs) {
      if (i >= run.durations.size()) continue;
      Samples& into =
          groups[{kind_of(op, run.results[i]), plan.recorded_as(op), size_class_of(op.slot_size)}];
      into.replayed.push_back(run.durations[i]);
      if (&run == &runs.front() && op.recorded_duration) {
        into.recorded.push_back(*op.recorded_duration);
      }
    }
  }
  std::vector<KindRow> rows;
  for (auto& [key, samples] : groups) rows.push_back(row_of(key, samples));
  return rows;
}

std::vector<SlowCall> slowest_calls(const Plan& plan, std::span<const ReplayRun> runs,
                                    size_t most) {
  std::vector<SlowCall> calls;
  for (size_t i = 0; i < plan.operations.size(); ++i) {
    const Operation& op = plan.operations[i];
    if (op.role == Operation::Role::setup) continue;
    const std::vector<Nanos> sorted = samples_of(i, runs);
    if (sorted.empty()) continue;
    calls.push_back({.call = op.call,
                     .kind = op.kind,
                     .as = plan.recorded_as(op),
                     .gpa = op.gpa,
                     .size = op.slot_size,
                     .median = percentile(sorted, 50),
                     .max = sorted.back()});
  }
  most = std::min(most, calls.size());
  std::partial_sort(calls.begin(), calls.begin() + static_cast<ptrdiff_t>(most), calls.end(),
                    [](const SlowCall& a, const SlowCall& b) {
                      return std::tuple(b.median, a.call) < std::tuple(a.median, b.call);
                    });
  calls.resize(most);
  return calls;
}

std::vector<ReplayDisagreement> disagreements(const Plan& plan, std::span<const ReplayRun> runs) {
  std::vector<ReplayDisagreement> found;
  if (runs.empty()) return found;
  const std::vector<int32_t>& results = runs.front().results;
  for (size_t i = 0; i < results.size(); ++i) {
    const Operation& op = plan.operations[i];
    const bool model_differs = op.certain && results[i] != op.predicted;
    if (results[i] == op.recorded && !model_differs) continue;
    found.push_back({op.call, op.recorded, results[i], op.predicted});
  }
  return found;
}

std::vector<HoleExits> sum_holes(std::span<const ReplayRun> runs) {
  std::map<std::tuple<CallNumber, AsId, GpaRange>, HoleExits> sums;
  for (const ReplayRun& run : runs) {
    for (const HoleExits& hole : run.holes) {
      const auto [at, added] = sums.try_emplace({hole.call, hole.as, hole.range}, hole);
      if (!added) at->second.mmio_exits += hole.mmio_exits;
    }
  }
  std::vector<HoleExits> holes;
  for (const auto& [key, hole] : sums) holes.push_back(hole);
  return holes;
}

std::optional<Fidelity> fidelity(const Plan& plan, std::span<const ReplayRun> runs) {
  Fidelity sums;
  for (size_t i = 0; i < plan.operations.size(); ++i) {
    if (!plan.operations[i].recorded_duration) continue;
    const std::vector<Nanos> sorted = samples_of(i, runs);
    if (sorted.empty()) continue;
    ++sums.calls;
    sums.recorded += *plan.operations[i].recorded_duration;
    sums.replayed += percentile(sorted, 50);
  }
  return sums.calls > 0 ? std::optional(sums) : std::nullopt;
}

uint64_t count_run_outliers(std::span<const ReplayRun> runs) {
  std::vector<Nanos> totals;
  for (const ReplayRun& run : runs) totals.push_back(run.total);
  std::sort(totals.begin(), totals.end());
  return count_outliers(totals);
}

}  // namespace slotscope
