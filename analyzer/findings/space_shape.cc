#include "analyzer/findings/space_shape.h"

#include <algorithm>
#include <tuple>

#include "analyzer/commits/view.h"

namespace slotscope {
namespace {

constexpr Bytes huge_page{2u << 20};
constexpr uint64_t vhost_limits[] = {509, 64, 32, 8};

bool is_misaligned(const Slot& slot) {
  return slot.size >= huge_page && (slot.gpa.value ^ slot.hva.value) & (huge_page.value - 1);
}

bool are_equal_blocks(std::span<const Slot> slots) {
  return slots.front().size >= huge_page &&
         std::all_of(slots.begin(), slots.end(),
                     [&](const Slot& slot) { return slot.size == slots.front().size; });
}

SlotPiece piece_of(std::span<const Slot> slots) {
  SlotPiece piece{.range = {slots.front().gpa, slots.back().range().end},
                  .slots = {},
                  .equal_blocks = are_equal_blocks(slots)};
  for (const Slot& slot : slots) piece.slots.push_back(slot.id);
  return piece;
}

// How many of the first slots can be one.
size_t length_of_piece(std::span<const Slot> slots) {
  JoinedSlots joined;
  joined.join(slots.front());
  size_t length = 1;
  while (length < slots.size() && joined.join(slots[length])) ++length;
  return length;
}

// What two slots may have in common: a range of host memory or of a guest_memfd.
struct Backing {
  int32_t memfd = -1;
  uint64_t begin = 0, end = 0;
  const Slot* slot = nullptr;
};

// Of each slot the first with which it shares something: many slots may show one page.
void find_aliases(std::vector<Backing>& backings, std::vector<SlotAlias>& aliases) {
  std::sort(backings.begin(), backings.end(), [](const Backing& a, const Backing& b) {
    return std::tuple(a.memfd, a.begin, a.slot->gpa) < std::tuple(b.memfd, b.begin, b.slot->gpa);
  });
  const Backing* furthest = nullptr;
  for (const Backing& one : backings) {
    if (furthest && furthest->memfd == one.memfd && one.begin < furthest->end) {
      const auto [low, high] = std::minmax(furthest->slot, one.slot);
      aliases.push_back(
          {*low, *high, Bytes{std::min(furthest->end, one.end) - one.begin}, one.memfd >= 0});
    }
    const bool further = !furthest || furthest->memfd != one.memfd || one.end > furthest->end;
    if (further) furthest = &one;
  }
}

std::vector<SlotAlias> aliases_of(std::span<const Slot> slots) {
  std::vector<Backing> host, memfd;
  for (const Slot& slot : slots) {
    host.push_back({-1, slot.hva.value, (slot.hva + slot.size).value, &slot});
    if (slot.guest_memfd >= 0) {
      const Bytes end = slot.guest_memfd_offset + slot.size;
      memfd.push_back({slot.guest_memfd, slot.guest_memfd_offset.value, end.value, &slot});
    }
  }
  std::vector<SlotAlias> aliases;
  find_aliases(host, aliases);
  find_aliases(memfd, aliases);
  return aliases;
}

uint64_t count_vhost_regions(std::span<const Slot> slots) {
  uint64_t regions = 0;
  const Slot* before = nullptr;
  for (const Slot& slot : slots) {
    if (!slot.writable() || slot.flags & slot_flag::log_dirty) continue;
    const bool joins = before && before->range().end == slot.gpa && same_view(*before, slot);
    regions += !joins;
    before = &slot;
  }
  return regions;
}

}  // namespace

SpaceShape shape_of(AsId as, std::span<const Slot> slots) {
  SpaceShape shape{.as = as, .slots = slots.size(), .pieces = {}, .misaligned = {}, .aliases = {}};
  std::copy_if(slots.begin(), slots.end(), std::back_inserter(shape.misaligned), is_misaligned);
  shape.aliases = aliases_of(slots);
  shape.vhost_regions = count_vhost_regions(slots);
  while (!slots.empty()) {
    const size_t length = length_of_piece(slots);
    if (length > 1) shape.pieces.push_back(piece_of(slots.first(length)));
    ++shape.slots_needed;
    slots = slots.subspan(length);
  }
  return shape;
}

SpaceShape shape_of(AsId as, const SlotMap& slots) {
  std::vector<Slot> all;
  all.reserve(slots.count());
  slots.for_each([&](const Slot& slot) { all.push_back(slot); });
  return shape_of(as, all);
}

bool SpaceShape::is_remarkable() const {
  return !misaligned.empty() || !aliases.empty() || vhost_limit_passed(vhost_regions) > 0;
}

ShapeTotals totals_of(std::span<const SpaceShape> shapes) {
  ShapeTotals totals;
  for (const SpaceShape& shape : shapes) {
    totals.misaligned += shape.misaligned.size();
    totals.aliases += shape.aliases.size();
    for (const Slot& slot : shape.misaligned) {
      const Slot* largest = totals.largest_misaligned;
      if (!largest || slot.size > largest->size) totals.largest_misaligned = &slot;
    }
    if (!totals.first_alias && !shape.aliases.empty()) totals.first_alias = &shape.aliases.front();
  }
  return totals;
}

uint64_t vhost_limit_passed(uint64_t regions) {
  const auto passed = std::find_if(std::begin(vhost_limits), std::end(vhost_limits),
                                   [&](uint64_t limit) { return regions > limit; });
  return passed == std::end(vhost_limits) ? 0 : *passed;
}

}  // namespace slotscope
