#include "analyzer/model/id_table.h"

#include <map>
#include <random>

#include "tests/support/catch.h"

using namespace slotscope;

TEST_CASE("an id that nothing was told about has never been seen") {
  IdTable table;
  CHECK(table.find(SlotId{0}) == IdTable::never_seen);
  table.set(SlotId{3}, 7);
  CHECK(table.find(SlotId{3}) == 7);
  CHECK(table.find(SlotId{11}) == IdTable::never_seen);  // the same home in a table of eight
  table.set(SlotId{3}, IdTable::absent);
  CHECK(table.find(SlotId{3}) == IdTable::absent);
}

TEST_CASE("the last word about each id holds, in tables of every size") {
  std::mt19937 dice(6);
  // All ids, and those that share few homes.
  for (const uint32_t stride : {1u, 64u, 1024u}) {
    IdTable table;
    std::map<uint16_t, uint32_t> told;
    for (uint32_t step = 0; step < 50'000; ++step) {
      const auto id = static_cast<uint16_t>(dice() * stride);
      const uint32_t index = dice() % 5 ? step : IdTable::absent;
      table.set(SlotId{id}, index);
      told[id] = index;
    }
    for (uint32_t id = 0; id <= UINT16_MAX; ++id) {
      const auto known = told.find(static_cast<uint16_t>(id));
      const uint32_t wanted = known == told.end() ? IdTable::never_seen : known->second;
      REQUIRE(table.find(SlotId{static_cast<uint16_t>(id)}) == wanted);
    }
  }
}
