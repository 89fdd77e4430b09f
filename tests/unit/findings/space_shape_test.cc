// Pieces, alignment, aliases and vhost's regions of the slots at one moment.
#include "analyzer/findings/space_shape.h"

#include "tests/support/calls.h"
#include "tests/support/catch.h"

using namespace slotscope;

namespace {

constexpr uint64_t mib = 1 << 20;
constexpr uint64_t ram = 0x7f0000000000;

Slot at(uint16_t id, uint64_t gpa, uint64_t size, uint64_t hva, uint32_t flags = 0) {
  return Slot::from(
      test::make_call({.slot = id, .flags = flags, .gpa = gpa, .size = size, .hva = ram + hva}));
}

}  // namespace

TEST_CASE("neighbours with one view are one piece") {
  const std::vector<Slot> slots = {at(0, 0, mib, 0), at(5, mib, mib, mib),
                                   at(4, 2 * mib, mib, 2 * mib, slot_flag::log_dirty),
                                   at(3, 3 * mib, mib, 9 * mib), at(1, 5 * mib, mib, 11 * mib)};
  const SpaceShape shape = shape_of(AsId{0}, slots);
  CHECK(shape.slots == 5);
  CHECK(shape.slots_needed == 4);
  REQUIRE(shape.pieces.size() == 1);
  CHECK(shape.pieces[0].slots == std::vector{SlotId{0}, SlotId{5}});
  CHECK(shape.pieces[0].range == GpaRange{Gpa{0}, Gpa{2 * mib}});
  CHECK_FALSE(shape.pieces[0].equal_blocks);  // smaller than what can be plugged
  CHECK(shape.vhost_regions == 3);            // what logs does not count
}

TEST_CASE("blocks of one size are told from other pieces") {
  const std::vector<Slot> equal = {at(0, 0, 2 * mib, 0), at(1, 2 * mib, 2 * mib, 2 * mib)};
  const std::vector<Slot> other = {at(0, 0, 2 * mib, 0), at(1, 2 * mib, 4 * mib, 2 * mib)};
  CHECK(shape_of(AsId{0}, equal).pieces.at(0).equal_blocks);
  CHECK_FALSE(shape_of(AsId{0}, other).pieces.at(0).equal_blocks);
}

TEST_CASE("only slots that could have huge pages are misaligned") {
  const std::vector<Slot> slots = {at(0, 0, mib, 0x1000), at(1, 2 * mib, 2 * mib, mib),
                                   at(2, 8 * mib, 2 * mib, 4 * mib),
                                   at(3, 0xb00000 + 0x1000, 4 * mib, 0x1000 + mib)};
  const SpaceShape shape = shape_of(AsId{0}, slots);
  REQUIRE(shape.misaligned.size() == 1);
  CHECK(shape.misaligned[0].id == SlotId{1});
}

TEST_CASE("memory that two slots show is found whatever lies between") {
  const std::vector<Slot> slots = {at(0, 0, 8 * mib, 0), at(1, 8 * mib, mib, 20 * mib),
                                   at(2, 16 * mib, mib, 7 * mib), at(3, 32 * mib, mib, 8 * mib),
                                   at(4, 64 * mib, 2 * mib, 2 * mib)};
  const SpaceShape shape = shape_of(AsId{0}, slots);
  REQUIRE(shape.aliases.size() == 2);
  CHECK(shape.aliases[0].high.id == SlotId{4});
  CHECK(shape.aliases[0].size == Bytes{2 * mib});
  CHECK(shape.aliases[1].high.id == SlotId{2});
  CHECK(shape.aliases[1].low.id == SlotId{0});
}

TEST_CASE("the limit that matters is the largest that is passed") {
  CHECK(vhost_limit_passed(8) == 0);
  CHECK(vhost_limit_passed(9) == 8);
  CHECK(vhost_limit_passed(64) == 32);
  CHECK(vhost_limit_passed(65) == 64);
  CHECK(vhost_limit_passed(510) == 509);
}
