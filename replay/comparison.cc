#include "replay/comparison.h"

#include <algorithm>
#include <random>

namespace slotscope {
namespace {

constexpr size_t resamples = 2000;
constexpr uint32_t seed = 20120607;

double median_of(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

// std::uniform_int_distribution may differ between libraries; the interval must not.
double resampled_median(const std::vector<double>& values, std::mt19937& random) {
  std::vector<double> drawn(values.size());
  for (double& one : drawn) one = values[random() % values.size()];
  return median_of(drawn);
}

std::array<double, 2> middle_95(std::vector<double>& medians) {
  std::sort(medians.begin(), medians.end());
  const size_t tail = medians.size() / 40;
  return {medians[tail], medians[medians.size() - 1 - tail]};
}

}  // namespace

Estimate bootstrap_median(std::vector<double> values) {
  std::mt19937 random(seed);
  std::vector<double> medians(resamples);
  for (double& median : medians) median = resampled_median(values, random);
  Estimate estimate{.median = 0, .ci95 = middle_95(medians)};
  estimate.median = median_of(values);
  return estimate;
}

Estimate ratio_of_medians(const std::vector<double>& numerator,
                          const std::vector<double>& denominator) {
  std::mt19937 random(seed);
  std::vector<double> ratios(resamples);
  for (double& ratio : ratios) {
    const double above = resampled_median(numerator, random);
    ratio = above / resampled_median(denominator, random);
  }
  std::vector<double> above = numerator, below = denominator;
  return {.median = median_of(above) / median_of(below), .ci95 = middle_95(ratios)};
}

Comparison compare_runs(std::span<const ReplayRun> original, std::span<const ReplayRun> variant) {
  Comparison comparison;
  comparison.pairs = std::min(original.size(), variant.size());
  std::vector<double> ratios, saved;
  for (size_t i = 0; i < comparison.pairs; ++i) {
    const auto before = static_cast<double>(original[i].total.value);
    const auto after = static_cast<double>(variant[i].total.value);
    if (before > 0) ratios.push_back(after / before);
    saved.push_back(before - after);
  }
  if (ratios.empty()) return comparison;
  comparison.ratio = bootstrap_median(std::move(ratios));
  comparison.saved = Nanos{static_cast<int64_t>(median_of(saved))};
  return comparison;
}

}  // namespace slotscope
