#include "replay/statistics.h"

#include <cerrno>

#include "replay/comparison.h"
#include "tests/support/catch.h"
#include "tests/support/plans.h"

namespace slotscope {
namespace {

using test::plan_of;

constexpr uint64_t mib = 1 << 20;

std::vector<Nanos> nanos(std::initializer_list<int64_t> values) {
  std::vector<Nanos> list;
  for (const int64_t value : values) list.push_back({value});
  return list;
}

ReplayRun run_of(std::initializer_list<int64_t> durations, std::vector<int32_t> results = {}) {
  ReplayRun run;
  run.durations = nanos(durations);
  run.results = std::move(results);
  run.results.resize(run.durations.size());
  for (const Nanos one : run.durations) run.total += one;
  return run;
}

TEST_CASE("percentiles are samples, by nearest rank") {
  const auto ten = nanos({1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  CHECK(percentile(ten, 50) == Nanos{5});
  CHECK(percentile(ten, 90) == Nanos{9});
  CHECK(percentile(ten, 99) == Nanos{10});
  CHECK(percentile(nanos({7}), 50) == Nanos{7});
  CHECK(percentile(nanos({7}), 99) == Nanos{7});
}

TEST_CASE("outliers are far from the median, in units of the median deviation") {
  CHECK(count_outliers(nanos({10, 11, 12, 13, 14, 200})) == 1);
  CHECK(count_outliers(nanos({10, 11, 12, 13, 14, 15})) == 0);
  CHECK(count_outliers(nanos({10, 11, 200})) == 0);              // too few to say
  CHECK(count_outliers(nanos({10, 10, 10, 10, 10, 200})) == 0);  // no scale
}

TEST_CASE("rows: per kind, address space and size class, set-up left out") {
  Plan plan = plan_of({{.slot = 0, .gpa = 0, .size = 0x1000},
                       {.slot = 0, .size = 0},
                       {.slot = 0, .gpa = 0, .size = mib},
                       {.slot = 0, .gpa = 0, .size = mib}});
  plan.operations[0].recorded_duration = Nanos{77};
  const std::vector<ReplayRun> runs = {run_of({10, 20, 30, 1}), run_of({12, 22, 32, 2})};
  const std::vector<KindRow> rows = kind_rows(plan, runs);
  REQUIRE(rows.size() == 4);
  CHECK(rows[0].kind == UpdateKind::create);
  CHECK(std::string(size_class_text(rows[0].size)) == "<= 64 KiB");
  CHECK(rows[0].count == 2);
  CHECK(rows[0].min == Nanos{10});
  CHECK(rows[0].max == Nanos{12});
  CHECK(rows[0].total == Nanos{22});
  CHECK(rows[0].recorded_median == Nanos{77});
  CHECK(std::string(size_class_text(rows[1].size)) == "<= 2 MiB");
  CHECK_FALSE(rows[1].recorded_median);
  CHECK(rows[2].kind == UpdateKind::del);
  CHECK(std::string(size_class_text(rows[2].size)) == "<= 64 KiB");  // of the slot that went
  CHECK(rows[3].kind == UpdateKind::no_change);
}

TEST_CASE("rows: what KVM did against the rules counts as what it did") {
  const Plan plan = plan_of({{.slot = 0, .gpa = 0, .size = mib},
                             {.slot = 1, .gpa = 0, .size = mib, .ret = -EEXIST},
                             {.slot = 7, .gpa = 0x123, .size = 0, .ret = -EINVAL}});
  REQUIRE(plan.operations.size() == 3);
  const auto kinds_with = [&](std::vector<int32_t> results) {
    std::vector<UpdateKind> kinds;
    for (const KindRow& row : kind_rows(plan, std::vector{run_of({1, 2, 3}, std::move(results))})) {
      kinds.insert(kinds.end(), row.count, row.kind);
    }
    return kinds;
  };
  using enum UpdateKind;
  CHECK(kinds_with({0, -EEXIST, -EINVAL}) == std::vector{create, rejected, rejected});
  CHECK(kinds_with({0, 0, -EINVAL}) == std::vector{create, create, rejected});
  CHECK(kinds_with({0, -EEXIST, 0}) == std::vector{create, del, rejected});
}

TEST_CASE("holes: the exits of all runs, those of the same delete added up") {
  const HoleExits first{.call = CallNumber{3},
                        .commit = CommitId{1},
                        .as = AsId{0},
                        .range = GpaRange::of(Gpa{0}, Bytes{mib}),
                        .mmio_exits = 5};
  HoleExits other = first, again = first;
  other.as = AsId{1};
  other.mmio_exits = 1;
  again.mmio_exits = 7;
  ReplayRun one = run_of({}), two = run_of({});
  one.holes = {first, other};
  two.holes = {again};
  const std::vector<HoleExits> sums = sum_holes(std::vector{one, two});
  REQUIRE(sums.size() == 2);
  CHECK(sums[0].as == AsId{0});
  CHECK(sums[0].mmio_exits == 12);
  CHECK(sums[1].as == AsId{1});
  CHECK(sums[1].mmio_exits == 1);
}

TEST_CASE("size classes hold their upper bound") {
  CHECK(std::string(size_class_text(size_class_of(Bytes{0}))) == "<= 64 KiB");
  CHECK(std::string(size_class_text(size_class_of(Bytes{2 * mib}))) == "<= 2 MiB");
  CHECK(std::string(size_class_text(size_class_of(Bytes{2 * mib + 1}))) == "<= 64 MiB");
  CHECK(std::string(size_class_text(size_class_of(Bytes{UINT64_MAX}))) == "> 16 GiB");
}

TEST_CASE("disagreements: with the record or with certain rules") {
  Plan plan = plan_of({{.slot = 0, .gpa = 0, .size = mib},
                       {.slot = 1, .gpa = 0, .size = mib, .ret = -EEXIST},
                       {.slot = 2, .gpa = uint64_t{1} << 40, .size = mib}});
  CHECK(disagreements(plan, std::vector{run_of({1, 1, 1}, {0, -EEXIST, 0})}).empty());
  const auto found = disagreements(plan, std::vector{run_of({1, 1, 1}, {0, 0, -EINVAL})});
  REQUIRE(found.size() == 2);
  CHECK(found[0].call == CallNumber{2});
  CHECK(found[0].recorded == -EEXIST);
  CHECK(found[0].replayed == 0);
  CHECK(found[0].model == -EEXIST);
  CHECK(found[1].call == CallNumber{3});
  // The record may know what the rules can't: a narrow CPU refuses 1 TiB.
  plan.operations[2].recorded = -EINVAL;
  CHECK(disagreements(plan, std::vector{run_of({1, 1, 1}, {0, -EEXIST, -EINVAL})}).empty());
}

TEST_CASE("slowest calls by their median, not by one bad sample") {
  const Plan plan = plan_of({{.slot = 0, .gpa = 0, .size = mib}, {.slot = 0, .size = 0}});
  const std::vector<ReplayRun> runs = {run_of({10, 20}), run_of({900, 20}), run_of({10, 20})};
  const auto slowest = slowest_calls(plan, runs, 1);
  REQUIRE(slowest.size() == 1);
  CHECK(slowest[0].call == CallNumber{2});
  CHECK(slowest[0].median == Nanos{20});
}

TEST_CASE("comparison: ratio and saving of pairs, with an interval that holds the median") {
  std::vector<ReplayRun> original, variant;
  for (int64_t i = 0; i < 20; ++i) {
    // The noise is common to both of a pair and cancels.
    original.push_back(run_of({1000 * (1 + i)}));
    variant.push_back(run_of({800 * (1 + i)}));
  }
  const Comparison comparison = compare_runs(original, variant);
  CHECK(comparison.pairs == 20);
  CHECK(comparison.ratio.median == Approx(0.8));
  CHECK(comparison.ratio.ci95[0] == Approx(0.8));
  CHECK(comparison.ratio.ci95[1] == Approx(0.8));
  CHECK(comparison.saved == Nanos{2100});

  variant.pop_back();
  CHECK(compare_runs(original, variant).pairs == 19);
  CHECK_FALSE(compare_runs(original, {}).saved);
}

TEST_CASE("bootstrap: the same samples give the same interval") {
  const std::vector<double> values = {1, 2, 3, 4, 5, 6, 7, 8, 9, 100};
  const Estimate a = bootstrap_median(values), b = bootstrap_median(values);
  CHECK(a.median == Approx(5.5));
  CHECK(a.ci95 == b.ci95);
  CHECK(a.ci95[0] >= 1);
  CHECK(a.ci95[0] < 5.5);
  CHECK(a.ci95[1] > 5.5);
  CHECK(a.ci95[1] < 100);  // one outlier does not make the interval
  const Estimate single = bootstrap_median({3});
  CHECK(single.ci95[0] == 3);
  CHECK(ratio_of_medians({2, 2, 2}, {4, 4, 4}).median == Approx(0.5));
}

}  // namespace
}  // namespace slotscope
