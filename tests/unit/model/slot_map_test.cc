#include "analyzer/model/slot_map.h"

#include <map>
#include <random>
#include <utility>

#include "tests/support/catch.h"

using namespace slotscope;

namespace {

Slot slot(uint16_t id, uint64_t gpa, uint64_t size) {
  Slot s;
  s.id = SlotId{id};
  s.gpa = Gpa{gpa};
  s.size = Bytes{size};
  s.hva = Hva{0x7f0000000000 + gpa};
  return s;
}

GpaRange range(uint64_t begin, uint64_t end) { return {Gpa{begin}, Gpa{end}}; }

}  // namespace

TEST_CASE("overlap is half-open and skips the excepted slot") {
  SlotMap map;
  map.insert(slot(3, 0x1000, 0x2000));
  CHECK_FALSE(map.overlapping(range(0x0, 0x1000)));
  CHECK_FALSE(map.overlapping(range(0x3000, 0x4000)));
  REQUIRE(map.overlapping(range(0x2fff, 0x3000)));
  CHECK(map.overlapping(range(0x0, 0x1001))->id == SlotId{3});
  CHECK_FALSE(map.overlapping(range(0x1000, 0x3000), map.find(SlotId{3})));
}

TEST_CASE("an erased id is known to be absent, an unnamed one is not") {
  SlotMap map;
  CHECK(map.knowledge(SlotId{7}) == SlotMap::Knowledge::never_seen);
  map.insert(slot(7, 0, 0x1000));
  CHECK(map.knowledge(SlotId{7}) == SlotMap::Knowledge::present);
  map.erase(map.find(SlotId{7}));
  CHECK(map.knowledge(SlotId{7}) == SlotMap::Knowledge::absent);
  CHECK(map.count() == 0);
  CHECK(map.mapped() == Bytes{0});
  map.set_absent(SlotId{9});  // told by a delete of a slot that the trace never showed
  CHECK(map.knowledge(SlotId{9}) == SlotMap::Knowledge::absent);
}

// Against a plain ordered map, over every id that KVM allows.
TEST_CASE("the map stays sorted, counted and searchable under random churn") {
  SlotMap map;
  std::map<uint64_t, uint16_t> reference;  // gpa -> id
  std::map<uint16_t, uint64_t> placed;
  std::mt19937 random(42);
  constexpr uint64_t page = 0x1000;
  for (int i = 0; i < 40000; ++i) {
    const auto id = static_cast<uint16_t>(random() % 32764);
    const uint64_t gpa = random() % 65536 * page;
    if (placed.count(id)) {
      if (random() % 2 == 0 || reference.count(gpa)) {
        map.erase(map.find(SlotId{id}));
        reference.erase(placed[id]);
        placed.erase(id);
      } else {
        map.replace(slot(id, gpa, page));
        reference.erase(placed[id]);
        reference[gpa] = id;
        placed[id] = gpa;
      }
    } else if (!reference.count(gpa)) {
      CHECK_FALSE(map.overlapping(range(gpa, gpa + page)));
      map.insert(slot(id, gpa, page));
      reference[gpa] = id;
      placed[id] = gpa;
    } else {
      CHECK(map.overlapping(range(gpa, gpa + page))->id == SlotId{reference[gpa]});
    }
  }
  REQUIRE(map.count() > 5000);
  REQUIRE(map.count() == reference.size());
  CHECK(map.mapped() == Bytes{reference.size() * page});
  auto expected = reference.begin();
  map.for_each([&](const Slot& s) {
    REQUIRE(expected != reference.end());
    CHECK(s.gpa == Gpa{expected->first});
    CHECK(s.id == SlotId{expected->second});
    ++expected;
  });
  CHECK(expected == reference.end());
}

TEST_CASE("neighbours touch a range's ends and are not in it") {
  SlotMap map;
  map.insert(slot(1, 0x1000, 0x1000));
  map.insert(slot(2, 0x2000, 0x1000));
  map.insert(slot(3, 0x3000, 0x1000));
  map.insert(slot(4, 0x5000, 0x1000));
  const auto ids = [&](uint64_t begin, uint64_t end) {
    const auto [below, above] = map.neighbours(range(begin, end));
    return std::pair(below ? below->id.value : 0, above ? above->id.value : 0);
  };
  CHECK(ids(0x2000, 0x3000) == std::pair(1, 3));  // over slot 2
  CHECK(ids(0x2000, 0x5000) == std::pair(1, 4));  // over two slots and a gap
  CHECK(ids(0x4000, 0x5000) == std::pair(3, 4));  // over a gap
  CHECK(ids(0x3000, 0x4000) == std::pair(2, 0));
  CHECK(ids(0x0, 0x1000) == std::pair(0, 1));
  CHECK(ids(0x6000, 0x7000) == std::pair(4, 0));
  CHECK(ids(0x7000, 0x8000) == std::pair(0, 0));
}
