#include "analyzer/model/slot_map.h"

#include <cassert>

namespace slotscope {

const Slot* SlotMap::find(SlotId id) const {
  const uint32_t index = ids_.find(id);
  return index < IdTable::absent ? &slots_[index] : nullptr;
}

SlotMap::Knowledge SlotMap::knowledge(SlotId id) const {
  switch (ids_.find(id)) {
    case IdTable::never_seen:
      return Knowledge::never_seen;
    case IdTable::absent:
      return Knowledge::absent;
    default:
      return Knowledge::present;
  }
}

const Slot* SlotMap::overlapping(GpaRange range, const Slot* except) const {
  auto p = order_.lower_bound(range.begin);
  if (p != order_.begin()) {
    const Slot& below = slots_[order_[order_.previous(p)].index];
    if (&below != except && below.range().overlaps(range)) return &below;
  }
  for (; p != order_.end() && order_[p].gpa < range.end; p = order_.next(p)) {
    const Slot& slot = slots_[order_[p].index];
    if (&slot != except) return &slot;
  }
  return nullptr;
}

SlotMap::Neighbours SlotMap::neighbours(GpaRange range) const {
  Neighbours found;
  auto at = order_.lower_bound(range.begin);
  if (at != order_.begin()) {
    const Slot& below = slots_[order_[order_.previous(at)].index];
    if (below.range().end == range.begin) found.below = &below;
  }
  while (at != order_.end() && order_[at].gpa < range.end) at = order_.next(at);
  if (at != order_.end() && order_[at].gpa == range.end) found.above = &slots_[order_[at].index];
  return found;
}

void SlotMap::insert(const Slot& slot) {
  assert(!find(slot.id) && slot.size.value > 0 && !wraps(slot.gpa, slot.size));
  uint32_t index = 0;
  if (free_.empty()) {
    index = static_cast<uint32_t>(slots_.size());
    slots_.push_back(slot);
  } else {
    index = free_.back();
    free_.pop_back();
    slots_[index] = slot;
  }
  ids_.set(slot.id, index);
  order_.insert(slot.gpa, index);
  ++count_;
  mapped_ += slot.size;
}

void SlotMap::erase(const Slot* slot) {
  order_.erase(slot->gpa);
  ids_.set(slot->id, IdTable::absent);
  free_.push_back(static_cast<uint32_t>(slot - slots_.data()));
  --count_;
  mapped_ -= slot->size;
}

void SlotMap::set_absent(SlotId id) {
  assert(!find(id));
  ids_.set(id, IdTable::absent);
}

void SlotMap::replace(const Slot& slot) {
  const uint32_t index = ids_.find(slot.id);
  assert(index < IdTable::absent && slots_[index].size == slot.size);
  if (slots_[index].gpa != slot.gpa) {
    order_.erase(slots_[index].gpa);
    order_.insert(slot.gpa, index);
  }
  slots_[index] = slot;
}

}  // namespace slotscope
