#include "analyzer/rewrite/slot_steps.h"

#include <algorithm>
#include <ctime>
#include <random>

#include "analyzer/model/predict.h"
#include "tests/support/catch.h"

using namespace slotscope;

namespace {

constexpr uint64_t page = 0x1000;

// Disjoint slots over few places and few memories, so that the two sides share much.
std::vector<Slot> some_slots(std::mt19937& random, uint16_t first_id) {
  std::vector<Slot> slots;
  for (uint64_t at = 0; at < 8; at += 1 + random() % 2) {
    if (random() % 3 == 0) continue;
    Slot slot;
    slot.gpa = Gpa{at * page};
    slot.size = Bytes{page};
    slot.hva = Hva{0x7f0000000000 + random() % 4 * page};
    slot.flags = random() % 4 == 0 ? slot_flag::log_dirty : 0;
    if (random() % 6 == 0) slot.flags |= slot_flag::readonly;
    slot.id = SlotId{static_cast<uint16_t>(first_id + slots.size())};
    slots.push_back(slot);
  }
  return slots;
}

SlotMap map_of(const std::vector<Slot>& slots) {
  SlotMap map;
  for (const Slot& slot : slots) map.insert(slot);
  return map;
}

// Whether KVM would take `step` (kvm_set_memory_region), which is then done.
bool take(SlotMap& map, const SlotStep& step) {
  const Slot* old = map.find(step.slot.id);
  if ((step.kind == UpdateKind::create) == (old != nullptr)) return false;
  if (step.kind == UpdateKind::del) {
    map.erase(old);
    return true;
  }
  if (map.overlapping(step.slot.range(), old)) return false;
  if (step.kind == UpdateKind::create) {
    map.insert(step.slot);
    return true;
  }
  const bool moves = old->gpa != step.slot.gpa;
  if (!one_call_apart(*old, step.slot) || moves != (step.kind == UpdateKind::move)) return false;
  map.replace(step.slot);
  return true;
}

bool holds(const SlotMap& map, const std::vector<Slot>& slots) {
  return map.count() == slots.size() && std::all_of(slots.begin(), slots.end(), [&](const Slot& s) {
           const Slot* there = map.overlapping(s.range());
           return there && there->identical(s);
         });
}

}  // namespace

TEST_CASE("each step is one that KVM takes, and they lead to the slots wanted") {
  std::mt19937 random(11);
  for (int round = 0; round < 3000; ++round) {
    const std::vector<Slot> before = some_slots(random, 0);
    const std::vector<Slot> after = some_slots(random, static_cast<uint16_t>(random() % 12));
    SlotMap map = map_of(before);
    const std::vector<SlotStep> steps = slot_steps(before, after, map);
    CAPTURE(round);
    for (const SlotStep& step : steps) REQUIRE(take(map, step));
    CHECK(holds(map, after));
    CHECK(steps.size() <= before.size() + after.size());
  }
}

TEST_CASE("the ids are those of the slots that are there, and else the wanted or the lowest free") {
  Slot slot;
  slot.size = Bytes{page};
  slot.id = SlotId{0};
  SlotMap now;
  Slot here = slot;
  here.id = SlotId{5};  // the same slot under another id
  now.insert(here);
  Slot other = slot;
  other.gpa = Gpa{4 * page};
  other.id = SlotId{1};
  now.insert(other);

  Slot created = slot;
  created.gpa = Gpa{8 * page};
  created.hva = Hva{page};
  created.id = SlotId{1};  // taken by a slot that stays
  const std::vector<SlotStep> steps = slot_steps({slot}, {created}, now);
  REQUIRE(steps.size() == 2);
  CHECK(steps[0].kind == UpdateKind::del);
  CHECK(steps[0].slot.id == SlotId{5});
  CHECK(steps[1].kind == UpdateKind::create);
  CHECK(steps[1].slot.id == SlotId{0});
}

TEST_CASE("a long chain of moves, each into the place of the next, is quick") {
  constexpr uint64_t n = 30000;
  std::vector<Slot> before, after;
  for (uint64_t i = 0; i < n; ++i) {
    Slot slot;
    slot.gpa = Gpa{i * page};
    slot.size = Bytes{page};
    slot.hva = Hva{0x7f0000000000 + i * page};
    slot.id = SlotId{static_cast<uint16_t>(i)};
    before.push_back(slot);
    slot.gpa = Gpa{(i + 1) * page};
    after.push_back(slot);
  }
  SlotMap map = map_of(before);
  const std::clock_t start = std::clock();
  const std::vector<SlotStep> steps = slot_steps(before, after, map);
  CHECK((std::clock() - start) / CLOCKS_PER_SEC < 5);
  CHECK(steps.size() == n);
  for (const SlotStep& step : steps) REQUIRE(take(map, step));
  CHECK(holds(map, after));
}
