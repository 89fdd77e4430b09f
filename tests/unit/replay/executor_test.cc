#include "replay/executor.h"

#include <cerrno>

#include "replay/fake_kvm.h"
#include "replay/session.h"
#include "tests/support/catch.h"
#include "tests/support/plans.h"

namespace slotscope {
namespace {

using test::make_call;
using test::plan_of;
using test::try_plan;

constexpr uint64_t mib = 1 << 20;
constexpr Nanos reading = FakeClock::reading_cost;

struct Bench {
  FakeClock clock;
  std::unique_ptr<Kvm> kvm = make_fake_kvm(clock, newest_kernel());
  ReplayOptions options;
  std::atomic<bool> stop = false;
  Executor executor{*kvm, clock, options, stop};
};

const std::vector<test::CallFields> four_calls = {
    {.slot = 0, .gpa = 0, .size = mib},
    {.slot = 1, .gpa = 0, .size = mib, .ret = -EEXIST},
    {.slot = 0, .flags = slot_flag::log_dirty, .gpa = 0, .size = mib},
    {.slot = 0, .size = 0}};

TEST_CASE("executor: one duration and one result per operation") {
  Bench bench;
  const Result<ReplayRun> run = bench.executor.run(plan_of(four_calls));
  REQUIRE(run);
  CHECK((*run).results == std::vector<int32_t>{0, -EEXIST, 0, 0});
  const FakeCosts costs;
  CHECK((*run).durations == std::vector<Nanos>{costs.create + reading, costs.nothing + reading,
                                               costs.flags + reading, costs.del + reading});
  CHECK((*run).total ==
        costs.create + costs.nothing + costs.flags + costs.del + Nanos{4 * reading.value});
  CHECK((*run).vm_create == costs.create_vm + reading);
}

TEST_CASE("executor: every run has a VM of its own") {
  Bench bench;
  const Plan plan = plan_of({{.slot = 0, .gpa = 0, .size = mib}});
  for (int i = 0; i < 3; ++i) {
    const Result<ReplayRun> run = bench.executor.run(plan);
    REQUIRE(run);
    CHECK((*run).results[0] == 0);
  }
}

TEST_CASE("executor: set-up is issued and not counted") {
  Bench bench;
  Call there = make_call({.slot = 0, .gpa = 0, .size = mib});
  there.origin = Origin::snapshot;
  const Result<Plan> plan = try_plan({there, make_call({.slot = 0, .size = 0})});
  REQUIRE(plan);
  const Result<ReplayRun> run = bench.executor.run(*plan);
  REQUIRE(run);
  CHECK((*run).results == std::vector<int32_t>{0, 0});
  CHECK((*run).total == FakeCosts().del + reading);
}

TEST_CASE("executor: the recorded pace, and faster") {
  for (const double speed : {1.0, 4.0}) {
    Bench bench;
    bench.options.speed = speed;
    Call first = make_call({.slot = 0, .gpa = 0, .size = mib});
    first.time = Nanos{1'000'000};
    Call second = make_call({.slot = 0, .size = 0});
    second.time = Nanos{9'000'000};
    const Result<Plan> plan = try_plan({first, second});
    REQUIRE(plan);
    const Nanos before = bench.clock.now();
    REQUIRE(bench.executor.run(*plan));
    const auto waited = static_cast<double>((bench.clock.now() - before).value);
    CHECK(waited == Approx(8'000'000 / speed).epsilon(0.1));
  }
}

TEST_CASE("executor: a stop leaves what was measured") {
  Bench bench;
  bench.stop = true;
  const Result<ReplayRun> run = bench.executor.run(plan_of(four_calls));
  REQUIRE(run);
  CHECK((*run).durations.empty());
}

TEST_CASE("executor: idle vCPUs start and end with the run") {
  Bench bench;
  bench.options.vcpus = 2;
  const Result<ReplayRun> run = bench.executor.run(plan_of({{.slot = 0, .gpa = 0, .size = mib}}));
  REQUIRE(run);
  CHECK((*run).vcpu_failure.empty());
  CHECK((*run).results == std::vector<int32_t>{0});
}

// Counts VMs: with warm-up, two plans in turn, the order is A B A B.
TEST_CASE("session: warm-up is not kept, variants run in turn") {
  Bench bench;
  const Plan original = plan_of(four_calls), variant = plan_of({four_calls[0]});
  std::vector<uint32_t> progress;
  const SessionOptions options{
      .repeat = 3, .warmup = 2, .progress = [&](uint32_t done, uint32_t of) {
        progress.push_back(done);
        CHECK(of == 5);
      }};
  const Result<SessionRuns> session =
      run_session(bench.executor, original, &variant, options, bench.stop);
  REQUIRE(session);
  CHECK((*session).original.size() == 3);
  CHECK((*session).variant.size() == 3);
  CHECK((*session).original[2].durations.size() == 4);
  CHECK((*session).variant[2].durations.size() == 1);
  CHECK(progress == std::vector<uint32_t>{0, 1, 2, 3, 4});
  CHECK_FALSE((*session).interrupted);
}

TEST_CASE("session: an interruption keeps whole runs") {
  Bench bench;
  const Plan plan = plan_of(four_calls);
  const SessionOptions options{.repeat = 10, .warmup = 0, .progress = [&](uint32_t done, uint32_t) {
                                 if (done == 2) bench.stop = true;
                               }};
  const Result<SessionRuns> session =
      run_session(bench.executor, plan, nullptr, options, bench.stop);
  REQUIRE(session);
  CHECK((*session).original.size() == 2);
  CHECK((*session).interrupted);
}

}  // namespace
}  // namespace slotscope
