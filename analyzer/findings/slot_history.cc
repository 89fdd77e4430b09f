#include "analyzer/findings/slot_history.h"

#include <algorithm>

#include "analyzer/base/mixed.h"

namespace slotscope {
namespace {

constexpr uint32_t empty = UINT32_MAX;

void place(std::vector<uint32_t>& places, uint64_t hash, uint32_t index) {
  const size_t mask = places.size() - 1;
  size_t at = hash & mask;
  while (places[at] != empty) at = (at + 1) & mask;
  places[at] = index;
}

}  // namespace

uint64_t SlotHistories::hash_of(const Slot& slot) {
  const uint64_t kind = uint64_t{slot.as.value} << 32 | slot.flags;
  return mixed(mixed(mixed(mixed(0, slot.gpa.value), slot.size.value), slot.hva.value), kind);
}

void SlotHistories::Generation::clear() {
  histories.clear();
  std::fill(places.begin(), places.end(), empty);
}

SlotHistories::Ref SlotHistories::find_in(uint32_t generation, const Slot& slot,
                                          uint64_t hash) const {
  const Generation& in = generations_[generation];
  if (in.places.empty()) return none;
  const size_t mask = in.places.size() - 1;
  for (size_t at = hash & mask; in.places[at] != empty; at = (at + 1) & mask) {
    const uint32_t index = in.places[at];
    if (in.histories[index].slot.identical(slot)) return index << 1 | generation;
  }
  return none;
}

SlotHistories::Ref SlotHistories::find(const Slot& slot) const {
  const uint64_t hash = hash_of(slot);
  const Ref ref = find_in(young_, slot, hash);
  return ref != none ? ref : find_in(young_ ^ 1, slot, hash);
}

void SlotHistories::grow(Generation& generation) {
  std::vector<uint32_t> places(generation.places.empty() ? 4 : 2 * generation.places.size(), empty);
  for (uint32_t i = 0; i < generation.histories.size(); ++i) {
    place(places, hash_of(generation.histories[i].slot), i);
  }
  generation.places.swap(places);
}

SlotHistories::Ref SlotHistories::add(const SlotHistory& history, uint64_t hash) {
  Generation& into = generations_[young_];
  if (2 * (into.histories.size() + 1) > into.places.size()) grow(into);
  const uint32_t index = static_cast<uint32_t>(into.histories.size());
  into.histories.push_back(history);
  place(into.places, hash, index);
  return index << 1 | young_;
}

}  // namespace slotscope
