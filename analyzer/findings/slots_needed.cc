#include "analyzer/findings/slots_needed.h"

#include <algorithm>

#include "analyzer/base/mixed.h"
#include "analyzer/commits/view.h"

namespace slotscope {
namespace {

using Ends = NeededChange::Ends;

uint64_t stands_for(const Slot& slot) {
  uint64_t sum = mixed(slot.gpa.value, slot.size.value);
  sum = mixed(sum, slot.hva.value);
  sum = mixed(sum, uint64_t{slot.flags} << 16 | slot.as.value);
  return mixed(sum, slot.guest_memfd_offset.value ^ static_cast<uint32_t>(slot.guest_memfd));
}

// One slot fewer is needed for each pair that joins.
int64_t needed_alone(std::span<const Side> sides) {
  auto needed = static_cast<int64_t>(sides.size());
  for (size_t i = 1; i < sides.size(); ++i) needed -= joinable(sides[i - 1].slot, sides[i].slot);
  return needed;
}

// The slots of one side in a range that the commit touched, and what is left above it.
class Touched {
 public:
  explicit Touched(std::span<const Side> sides) : left_(sides) {}

  bool empty() const { return left_.empty(); }
  Gpa next() const { return empty() ? Gpa{UINT64_MAX} : left_.front().slot.gpa; }
  void enter() { first_ = last_ = nullptr; }
  // Takes what begins in the range or where it ends, and makes the range as long.
  bool extend(GpaRange& range) {
    bool any = false;
    for (; !empty() && next() <= range.end; left_ = left_.subspan(1), any = true) {
      last_ = &left_.front().slot;
      if (!first_) first_ = last_;
      range.end = std::max(range.end, last_->range().end);
    }
    return any;
  }
  const Slot* from(Gpa begin) const { return first_ && first_->gpa == begin ? first_ : nullptr; }
  const Slot* to(Gpa end) const { return last_ && last_->range().end == end ? last_ : nullptr; }

 private:
  std::span<const Side> left_;
  const Slot* first_ = nullptr;
  const Slot* last_ = nullptr;
};

bool same_at_end(const Slot* before, const Slot* after) {
  if (!before || !after) return !before && !after;
  return before->size == after->size && same_view(*before, *after);
}

// What lies between ranges that touch each other is the commit's own: only their outer ends can
// touch memory that it left alone.
void add_ends(std::vector<Ends>& ends, const SpaceEffect& space) {
  Touched before(space.before), after(space.after);
  while (!before.empty() || !after.empty()) {
    const Gpa begin = std::min(before.next(), after.next());
    GpaRange range{begin, begin};
    before.enter();
    after.enter();
    while (before.extend(range) || after.extend(range)) {
    }
    const Ends one{
        space.as,           range, before.from(begin), after.from(begin), before.to(range.end),
        after.to(range.end)};
    const bool same =
        same_at_end(one.low_before, one.low_after) && same_at_end(one.high_before, one.high_after);
    if (!same) ends.push_back(one);
  }
}

// Whether a slot of the call that came after the commit stands or stood at an end of the range.
bool is_at_end(const std::optional<Slot>& slot, GpaRange range) {
  return slot && slot->gpa <= range.end && slot->range().end >= range.begin;
}

// The slots outside the range that touch it, as they were before `next` was called, which the state
// has seen already.
SlotMap::Neighbours neighbours(const SlotMap& slots, AsId as, GpaRange range, const Step* next) {
  SlotMap::Neighbours found = slots.neighbours(range);
  if (!next || next->call->as != as) return found;
  const Update& update = *next->update;
  if (!is_at_end(update.before, range) && !is_at_end(update.after, range)) return found;
  const auto is_new = [&](const Slot* slot) {
    return slot && update.after && slot->id == update.after->id;
  };
  if (is_new(found.below)) found.below = nullptr;
  if (is_new(found.above)) found.above = nullptr;
  if (update.before && update.before->range().end == range.begin) found.below = &*update.before;
  if (update.before && update.before->gpa == range.end) found.above = &*update.before;
  return found;
}

// Pairs that join across the ends, more after the commit than before.
int64_t joins_at(const Ends& ends, const VmState& vm, const Step* next) {
  const AddressSpace* space = vm.address_space(ends.as);
  if (!space) return 0;
  const auto [below, above] = neighbours(space->slots, ends.as, ends.range, next);
  int64_t joins = 0;
  if (below) {
    joins += ends.low_after && joinable(*below, *ends.low_after);
    joins -= ends.low_before && joinable(*below, *ends.low_before);
  }
  if (above) {
    joins += ends.high_after && joinable(*ends.high_after, *above);
    joins -= ends.high_before && joinable(*ends.high_before, *above);
  }
  return joins;
}

// Where nothing can be joined, only what comes can begin to be.
bool may_matter(const Ends& ends, bool any_joined) {
  return any_joined || ends.low_after || ends.high_after;
}

int64_t slots_of(const VmState& vm, const Step* next) {
  int64_t slots = 0;
  for (const auto& space : vm.address_spaces()) {
    slots += static_cast<int64_t>(space->slots.count());
  }
  if (!next) return slots;
  const Update& update = *next->update;
  return slots + int64_t{update.before.has_value()} - int64_t{update.after.has_value()};
}

// Of the slots of an address space before `next` was called.
uint64_t needed_before(const AddressSpace& space, const Step* next) {
  if (!next || next->call->as != space.id) return count_slots_needed(space.slots);
  SlotMap slots = space.slots;
  const Update& update = *next->update;
  if (update.after) slots.erase(slots.find(update.after->id));
  if (update.before) slots.insert(*update.before);
  return count_slots_needed(slots);
}

}  // namespace

uint64_t count_slots_needed(const SlotMap& slots) {
  uint64_t needed = 0;
  JoinedSlots joined;
  slots.for_each([&](const Slot& slot) { needed += !joined.join(slot); });
  return needed;
}

NeededChange::NeededChange(const CommitEffect& effect) {
  for (const SpaceEffect& space : effect.spaces()) {
    slots += static_cast<int64_t>(space.after.size()) - static_cast<int64_t>(space.before.size());
    for (const Side& side : space.before) state -= stands_for(side.slot);
    for (const Side& side : space.after) state += stands_for(side.slot);
    if (keeps_view(space)) continue;
    inner += needed_alone(space.after) - needed_alone(space.before);
    add_ends(ends, space);
  }
}

void SlotsNeededBuilder::count_anew(const VmState& vm, const Step* next) {
  needed_ = 0;
  for (const auto& space : vm.address_spaces()) {
    needed_ += static_cast<int64_t>(needed_before(*space, next));
  }
  slots_ = slots_of(vm, next);
  counted_ = true;
}

void SlotsNeededBuilder::add(NeededChange& change, const VmState& vm, const Step* next) {
  const bool any_joined = needed_ < slots_;
  slots_ += change.slots;
  if (!counted_) {
    count_anew(vm, next);
  } else if (change.known_from != state_) {
    change.known = change.inner;
    for (const Ends& ends : change.ends) {
      if (may_matter(ends, any_joined)) change.known -= joins_at(ends, vm, next);
    }
    change.known_from = state_;
    needed_ += change.known;
  } else {
    needed_ += change.known;
  }
  state_ += change.state;
  found_.peak = std::max(found_.peak, static_cast<uint64_t>(std::max<int64_t>(needed_, 0)));
  found_.cut |= slots_ > needed_;
}

SlotsNeeded SlotsNeededBuilder::finish(const VmState& vm) const {
  SlotsNeeded found = found_;
  for (const auto& space : vm.address_spaces()) found.at_end += count_slots_needed(space->slots);
  found.peak = std::max(found.peak, found.at_end);
  return found;
}

}  // namespace slotscope
