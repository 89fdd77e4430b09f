#include "replay/variants.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <random>

#include "replay/simulation.h"
#include "tests/support/catch.h"
#include "tests/support/plans.h"

namespace slotscope {
namespace {

using test::CallFields;
using test::plan_of;

constexpr uint64_t page = 0x1000, mib = 1 << 20;
constexpr uint64_t ram = 0x7f0000000000;
constexpr Hva base{uint64_t{1} << 30};

struct End {
  std::map<Gpa, Slot> slots;
  bool all_accepted = true;
};

// The slots of address space 0 at the end, and whether the rules accept every operation.
End end_of(const Plan& plan) {
  Simulation simulation(newest_kernel());
  End end;
  for (const Operation& op : plan.operations) {
    end.all_accepted &= simulation.apply(op.machine, as_call(op, base)).ret == 0;
  }
  simulation.slots(0, AsId{0}).for_each([&](const Slot& slot) { end.slots[slot.gpa] = slot; });
  return end;
}

bool same(const End& a, const End& b) {
  if (a.slots.size() != b.slots.size()) return false;
  for (const auto& [gpa, slot] : a.slots) {
    const auto there = b.slots.find(gpa);
    if (there == b.slots.end() || !there->second.identical(slot)) return false;
  }
  return true;
}

TEST_CASE("no-redundant leaves a pair out and gives later creates another id") {
  const Plan plan =
      plan_of({{.slot = 0, .gpa = 0, .size = mib, .hva = ram},
               {.slot = 0, .size = 0},
               {.slot = 0, .gpa = 4 * mib, .size = mib, .hva = ram + 4 * mib},
               {.slot = 1, .gpa = 0, .size = mib, .hva = ram},
               {.slot = 1, .flags = slot_flag::log_dirty, .gpa = 0, .size = mib, .hva = ram},
               {.slot = 0, .size = 0}});
  const Plan without = without_redundant_pairs(plan, newest_kernel());
  REQUIRE(without.operations.size() == 4);
  CHECK(without.operations[1].slot == SlotId{1});  // 0 is still taken
  CHECK(without.operations[2].slot == SlotId{0});  // log_dirty goes to the slot that stayed
  CHECK(without.operations[2].kind == UpdateKind::flags);
  CHECK(without.operations[3].slot == SlotId{1});
  CHECK(without.operations[3].gpa == Gpa{0});
  CHECK(end_of(without).all_accepted);
  CHECK(same(end_of(plan), end_of(without)));
}

TEST_CASE("no-redundant keeps a pair whose range was used in between") {
  const Plan plan = plan_of({{.slot = 0, .gpa = 0, .size = mib, .hva = ram},
                             {.slot = 0, .size = 0},
                             {.slot = 0, .gpa = page, .size = page, .hva = ram + mib},
                             {.slot = 0, .size = 0},
                             {.slot = 0, .gpa = 0, .size = mib, .hva = ram}});
  CHECK(without_redundant_pairs(plan, newest_kernel()).operations.size() == 5);
}

TEST_CASE("no-redundant keeps refused calls refused") {
  const Plan plan = plan_of({{.slot = 0, .gpa = 0, .size = mib, .hva = ram},
                             {.slot = 0, .size = 0},
                             {.slot = 0, .size = 0, .ret = -EINVAL},
                             {.slot = 0, .gpa = 0, .size = mib, .hva = ram}});
  const Plan without = without_redundant_pairs(plan, newest_kernel());
  REQUIRE(without.operations.size() == 2);
  CHECK(without.operations[1].predicted == -EINVAL);
  CHECK(same(end_of(plan), end_of(without)));
}

TEST_CASE("minimal changes in place and moves") {
  // One commit: RAM gets log_dirty by delete and create, and a BAR goes elsewhere.
  std::vector<CallFields> calls = {
      {.slot = 0, .gpa = 0, .size = mib, .hva = ram},
      {.slot = 1, .gpa = 8 * mib, .size = mib, .hva = ram + mib},
      {.slot = 0, .size = 0},
      {.slot = 1, .size = 0},
      {.slot = 1, .flags = slot_flag::log_dirty, .gpa = 0, .size = mib, .hva = ram},
      {.slot = 0, .gpa = 16 * mib, .size = mib, .hva = ram + mib}};
  std::vector<Event> events;
  for (size_t i = 0; i < calls.size(); ++i) {
    Call call = test::make_call(calls[i]);
    call.commit = CommitId{i < 2 ? 1u : 2u};
    events.push_back(call);
  }
  const Result<Plan> plan = test::try_plan(events);
  REQUIRE(plan);
  const Plan minimal = minimal_per_commit(*plan, newest_kernel());
  REQUIRE(minimal.operations.size() == 4);
  CHECK(minimal.operations[2].kind == UpdateKind::flags);
  CHECK(minimal.operations[3].kind == UpdateKind::move);
  CHECK(end_of(minimal).all_accepted);
  CHECK(same(end_of(*plan), end_of(minimal)));
}

TEST_CASE("minimal: what was there before the capture stays set up, whatever becomes of it") {
  Call there = test::make_call({.slot = 5, .gpa = 4 * mib, .size = mib, .hva = ram + 4 * mib});
  there.origin = Origin::snapshot;
  Call create = test::make_call({.slot = 0, .gpa = 0, .size = mib, .hva = ram});
  Call remove = test::make_call({.slot = 5, .size = 0});
  create.commit = CommitId{1};
  remove.commit = CommitId{2};
  const Result<Plan> plan = test::try_plan({there, create, remove});
  REQUIRE(plan);
  const Plan minimal = minimal_per_commit(*plan, newest_kernel());
  REQUIRE(minimal.operations.size() == 3);
  CHECK(minimal.operations[0].role == Operation::Role::setup);
  CHECK(minimal.operations[0].slot == SlotId{5});
  CHECK(minimal.operations[2].kind == UpdateKind::del);
  CHECK(minimal.operations[2].slot == SlotId{5});
  CHECK(end_of(minimal).all_accepted);
  CHECK(same(end_of(*plan), end_of(minimal)));
}

TEST_CASE("minimal: slots that change places are deleted and created") {
  std::vector<CallFields> calls = {{.slot = 0, .gpa = 0, .size = mib, .hva = ram},
                                   {.slot = 1, .gpa = 8 * mib, .size = mib, .hva = ram + mib},
                                   {.slot = 0, .size = 0},
                                   {.slot = 1, .size = 0},
                                   {.slot = 0, .gpa = 8 * mib, .size = mib, .hva = ram},
                                   {.slot = 1, .gpa = 0, .size = mib, .hva = ram + mib}};
  std::vector<Event> events;
  for (size_t i = 0; i < calls.size(); ++i) {
    Call call = test::make_call(calls[i]);
    call.commit = CommitId{i < 2 ? 1u : 2u};
    events.push_back(call);
  }
  const Result<Plan> plan = test::try_plan(events);
  REQUIRE(plan);
  const Plan minimal = minimal_per_commit(*plan, newest_kernel());
  CHECK(end_of(minimal).all_accepted);
  CHECK(same(end_of(*plan), end_of(minimal)));
}

// Random sequences that KVM accepts: whatever a variant leaves out, the end is the same.
TEST_CASE("variants end with the slots of the original") {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<CallFields> calls;
    std::map<uint16_t, CallFields> live;
    for (int i = 0; i < 60; ++i) {
      const auto slot = static_cast<uint16_t>(random() % 5);
      CallFields call{.slot = slot,
                      .flags = random() % 3 ? 0 : slot_flag::log_dirty,
                      .gpa = random() % 6 * mib,
                      .size = mib,
                      .hva = ram + random() % 2 * mib};
      if (live.count(slot) && random() % 4) call = {.slot = slot, .size = 0};
      if (live.count(slot) && call.size) call.hva = live[slot].hva;
      const bool taken = std::any_of(live.begin(), live.end(), [&](const auto& other) {
        return call.size && other.first != slot && other.second.gpa == call.gpa;
      });
      if (taken || (!call.size && !live.count(slot))) continue;
      calls.push_back(call);
      if (call.size)
        live[slot] = call;
      else
        live.erase(slot);
    }
    const Plan plan = plan_of(calls);
    const End wanted = end_of(plan);
    REQUIRE(wanted.all_accepted);
    for (const Plan& variant : {without_redundant_pairs(plan, newest_kernel()),
                                minimal_per_commit(plan, newest_kernel())}) {
      const End end = end_of(variant);
      CHECK(end.all_accepted);
      CHECK(same(wanted, end));
      CHECK(variant.operations.size() <= plan.operations.size());
    }
  }
}

}  // namespace
}  // namespace slotscope
