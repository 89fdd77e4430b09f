// Shorter traces that end where the long ones do, commit by commit or at the end.
#include "analyzer/rewrite/optimize.h"

#include <ctime>
#include <random>

#include "tests/support/calls.h"
#include "tests/support/findings.h"

using namespace slotscope;
using test::in_commits;
using test::make_call;

namespace {

constexpr uint64_t page = 0x1000;

Call map(uint16_t slot, uint64_t first, uint64_t pages, uint64_t hva_page, uint32_t flags = 0,
         uint16_t as = 0) {
  return make_call({.as = as,
                    .slot = slot,
                    .flags = flags,
                    .gpa = first * page,
                    .size = pages * page,
                    .hva = hva_page * page});
}
Call del(uint16_t slot, uint16_t as = 0) { return make_call({.as = as, .slot = slot}); }

// What every address space holds at the end, without slot numbers.
std::vector<std::vector<Slot>> end_of(const std::vector<Event>& events, bool faithful) {
  Model model(newest_kernel(), faithful);
  for (const Event& event : events) model.apply(event);
  std::vector<std::vector<Slot>> spaces;
  if (model.vms().empty()) return spaces;
  for (const auto& space : model.vms().begin()->second->state.address_spaces()) {
    if (space->slots.count() == 0) continue;
    spaces.emplace_back();
    space->slots.for_each([&](const Slot& slot) { spaces.back().push_back(slot); });
  }
  return spaces;
}

void check_same_end(const std::vector<Event>& a, bool faithful, const std::vector<Event>& b) {
  const auto in_a = end_of(a, faithful), in_b = end_of(b, true);
  REQUIRE(in_a.size() == in_b.size());
  for (size_t i = 0; i < in_a.size(); ++i) {
    REQUIRE(in_a[i].size() == in_b[i].size());
    for (size_t j = 0; j < in_a[i].size(); ++j) CHECK(in_a[i][j].identical(in_b[i][j]));
  }
}

struct Case {
  const char* what;
  std::vector<std::vector<Call>> commits;
  uint64_t commit, lazy, final;  // calls at each level
};

constexpr OptimizeLevel all_levels[] = {OptimizeLevel::commit, OptimizeLevel::lazy,
                                        OptimizeLevel::final};

}  // namespace

TEST_CASE("what each level leaves") {
  constexpr uint32_t logged = slot_flag::log_dirty;
  const Case cases[] = {
      {"nothing to save", {{map(0, 0, 8, 0)}, {del(0), map(0, 0, 4, 0), map(1, 4, 4, 4)}}, 4, 4, 2},
      {"flags in place", {{map(0, 0, 8, 0)}, {del(0), map(0, 0, 8, 0, logged)}}, 2, 2, 1},
      {"a move", {{map(0, 0, 8, 0)}, {del(0), map(0, 16, 8, 0)}}, 2, 2, 1},
      {"two slots change places",
       {{map(0, 0, 8, 0), map(1, 8, 8, 8)}, {del(0), del(1), map(0, 8, 8, 0), map(1, 0, 8, 8)}},
       6,
       6,
       2},
      {"a slot moves to where another leaves",
       {{map(0, 0, 8, 0), map(1, 8, 8, 8)}, {del(0), del(1), map(0, 8, 8, 0), map(1, 100, 8, 8)}},
       4,
       4,
       2},
      {"a redundant pair", {{map(0, 0, 8, 0)}, {del(0)}, {map(0, 0, 8, 0)}}, 3, 1, 1},
      {"a redundant pair whose number another slot uses meanwhile",
       {{map(0, 0, 8, 0)}, {del(0)}, {map(0, 100, 8, 100)}, {map(1, 0, 8, 0)}, {del(1)}},
       5,
       3,
       1},
      {"a restored pair stays",
       {{map(0, 0, 8, 0)}, {del(0)}, {map(0, 4, 8, 50)}, {del(0)}, {map(0, 0, 8, 0)}},
       5,
       5,
       1},
      {"the other address space is on its own",
       {{map(0, 0, 8, 0), map(0, 0, 8, 0, 0, 1)}, {del(0)}, {map(0, 0, 8, 0)}},
       4,
       2,
       2},
      {"a rejected call",
       {{map(0, 0, 8, 0), make_call({.slot = 1, .size = page, .ret = -17})}},
       1,
       1,
       1},
  };
  for (const Case& one : cases) {
    const uint64_t expected[] = {one.commit, one.lazy, one.final};
    for (const OptimizeLevel level : all_levels) {
      CAPTURE(one.what, static_cast<int>(level));
      const std::vector<Event> events = in_commits(one.commits);
      const Result<Optimized> done = optimize(events, true, newest_kernel(), level);
      REQUIRE(done);
      CHECK((*done).calls_after == expected[static_cast<int>(level)]);
      check_same_end(events, true, (*done).events);
    }
  }
}

TEST_CASE("every shipped trace keeps its end, and the findings say how far it shrinks") {
  for (const char* name :
       {"notes/smm-off.log", "notes/smm-on.log", "qemu/7.2-pc-smram-churn.log.gz",
        "qemu/7.2-q35-qxl-migrate-cancel.log", "qemu/7.2-pc-dimm-hotplug.log",
        "qemu/7.2-ovmf-q35-smm-on-reset.log.zst", "strace/pc-reset.strace.txt"}) {
    const test::ReadTrace trace = test::read_shipped(name);
    const VmFindings findings = test::findings_of(trace.events, trace.info.faithful);
    for (const OptimizeLevel level : all_levels) {
      CAPTURE(name, static_cast<int>(level));
      const Result<Optimized> done =
          optimize(trace.events, trace.info.faithful, newest_kernel(), level);
      REQUIRE(done);
      check_same_end(trace.events, trace.info.faithful, (*done).events);
      CHECK((*done).boundaries > 0);
      if (level == OptimizeLevel::commit) {
        CHECK((*done).calls_after == findings.minimal.per_commit);
      } else if (level == OptimizeLevel::lazy) {
        CHECK((*done).pairs_left_out == findings.pairs.redundant);
        CHECK((*done).calls_after <= findings.minimal.per_commit);
      } else {
        CHECK((*done).calls_after == findings.minimal.floor);
      }
    }
  }
}

TEST_CASE("random commits keep their end") {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    std::vector<std::vector<Call>> commits;
    bool there[8] = {};
    for (int c = 0; c < 12; ++c) {
      std::vector<Call> calls;
      for (int i = 0; i < 4; ++i) {
        const uint16_t slot = static_cast<uint16_t>(random() % 8);
        // Each id has a range of its own, in which it comes in two places, shapes and colours.
        const uint64_t place = slot * 16 + random() % 2 * 8;
        const uint32_t flags = random() % 3 == 0 ? slot_flag::log_dirty : 0;
        calls.push_back(there[slot] ? del(slot)
                                    : map(slot, place, 4 + random() % 2, slot * 16, flags));
        there[slot] = !there[slot];
      }
      commits.push_back(calls);
    }
    const std::vector<Event> events = in_commits(commits);
    for (const OptimizeLevel level : all_levels) {
      CAPTURE(static_cast<int>(level));
      const Result<Optimized> done = optimize(events, true, newest_kernel(), level);
      REQUIRE(done);
      CHECK((*done).calls_after <= (*done).calls_before);
      // A redundant pair may still be open at the end only when its create is in the trace too.
      check_same_end(events, true, (*done).events);
    }
  }
}

TEST_CASE("the replacement marks commits only where the trace did") {
  const std::vector<std::vector<Call>> commits = {
      {map(0, 0, 8, 0)}, {del(0)}, {map(0, 0, 8, 0)}, {map(1, 16, 8, 16)}};
  const std::vector<Event> recorded = in_commits(commits);
  std::vector<Event> inferred = recorded;
  for (Event& event : inferred) std::get<Call>(event).commit = {};
  for (const OptimizeLevel level : all_levels) {
    for (const auto* events : {&recorded, &std::as_const(inferred)}) {
      const bool marked = events == &recorded;
      CAPTURE(static_cast<int>(level), marked);
      const Result<Optimized> done = optimize(*events, true, newest_kernel(), level);
      REQUIRE(done);
      CHECK((*done).commits_recorded == marked);
      for (const Event& event : (*done).events) {
        const bool has = std::get<Call>(event).commit.value != 0;
        CHECK(has == (marked && level != OptimizeLevel::final));
      }
    }
  }
}

TEST_CASE("what can't be proven is refused") {
  std::vector<Event> lost = in_commits({{map(0, 0, 8, 0)}});
  lost.push_back(Loss{.time = {}, .vm = VmId{1}, .count = 3});
  lost.push_back(del(0));
  std::vector<Event> two_vms = in_commits({{map(0, 0, 8, 0), map(0, 0, 8, 0)}});
  std::get<Call>(two_vms[1]).vm = VmId{2};
  const std::vector<Event> unseen = in_commits({{map(0, 0, 8, 0)}, {del(7)}});
  for (const std::vector<Event>* events :
       {&std::as_const(lost), &std::as_const(two_vms), &unseen}) {
    CHECK_FALSE(optimize(*events, true, newest_kernel(), OptimizeLevel::commit));
  }
}

// n slots of one number, one after another, then the same again: every delete and create but the
// first creates could stay away.
std::vector<Event> twice_in_turn(uint16_t n) {
  std::vector<std::vector<Call>> commits;
  for (int round = 0; round < 2; ++round) {
    for (uint16_t i = 0; i < n; ++i) commits.insert(commits.end(), {{map(0, i, 1, i)}, {del(0)}});
  }
  return in_commits(commits);
}

TEST_CASE("no more slots stay than KVM has room for") {
  constexpr uint16_t room = 32764;
  for (const uint16_t n : {room, uint16_t{room + 1}, uint16_t{room + 100}}) {
    const std::vector<Event> events = twice_in_turn(n);
    const Result<Optimized> lazy = optimize(events, true, newest_kernel(), OptimizeLevel::lazy);
    CAPTURE(n);
    REQUIRE(lazy);
    check_same_end(events, true, (*lazy).events);
    CHECK((*lazy).pairs_left_out >= room - 1);
    CHECK((*lazy).calls_after == 4 * n - 2 * (*lazy).pairs_left_out);
  }
}

TEST_CASE("pairs that return in reverse cost no square of their number") {
  constexpr uint16_t n = 30000;
  std::vector<std::vector<Call>> commits(1);
  for (uint16_t i = 0; i < n; ++i) commits[0].push_back(map(i, i, 1, i));
  commits.emplace_back();
  for (uint16_t i = 0; i < n; ++i) commits[1].push_back(del(i));
  // Each takes the number that another one holds in the replacement.
  for (uint16_t i = 0; i < n; ++i) {
    commits.push_back({map(i, 2 * n + i, 1, 2 * n + i)});
  }
  for (uint16_t i = 0; i < n; ++i) commits.push_back({del(i)});
  for (uint16_t i = n; i-- > 0;) commits.push_back({map(static_cast<uint16_t>(n - i), i, 1, i)});
  const std::vector<Event> events = in_commits(commits);
  const std::clock_t before = std::clock();
  const Result<Optimized> lazy = optimize(events, true, newest_kernel(), OptimizeLevel::lazy);
  REQUIRE(lazy);
  check_same_end(events, true, (*lazy).events);
  CHECK((std::clock() - before) / CLOCKS_PER_SEC < 10);
}
