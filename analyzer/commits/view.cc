#include "analyzer/commits/view.h"

#include <algorithm>

namespace slotscope {
namespace {

bool logs(const Side& side) { return side.slot.flags & slot_flag::log_dirty; }
bool makes_or_ends_slot(const Side& side) {
  return side.deleted || side.kind == UpdateKind::create || side.kind == UpdateKind::del;
}

// Walks both sides of an effect, upwards, by ranges in which neither changes.
class BothSides {
 public:
  explicit BothSides(const SpaceEffect& space) : before_(space.before), after_(space.after) {}

  // Calls visit(GpaRange, const Slot* before, const Slot* after), until it answers false.
  template <class Visit>
  void for_each(Visit visit) {
    Gpa at{0};
    while (!before_.empty() || !after_.empty()) {
      at = std::max(at, std::min(begin(before_), begin(after_)));
      const Slot* went = slot_at(before_, at);
      const Slot* came = slot_at(after_, at);
      const Gpa end = std::min(change_after(before_, at), change_after(after_, at));
      if (!visit(GpaRange{at, end}, went, came)) return;
      at = end;
      for (auto* sides : {&before_, &after_}) {
        while (!sides->empty() && sides->front().slot.range().end <= at) {
          *sides = sides->subspan(1);
        }
      }
    }
  }

 private:
  static constexpr Gpa nowhere{UINT64_MAX};

  static Gpa begin(std::span<const Side> sides) {
    return sides.empty() ? nowhere : sides.front().slot.gpa;
  }
  static const Slot* slot_at(std::span<const Side> sides, Gpa at) {
    return begin(sides) <= at ? &sides.front().slot : nullptr;
  }
  static Gpa change_after(std::span<const Side> sides, Gpa at) {
    if (sides.empty()) return nowhere;
    return begin(sides) > at ? begin(sides) : sides.front().slot.range().end;
  }

  std::span<const Side> before_, after_;
};

bool same(const Slot* before, const Slot* after) {
  return before && after ? same_view(*before, *after) : !before && !after;
}

}  // namespace

bool same_view(const Slot& a, const Slot& b) {
  return a.hva.value - a.gpa.value == b.hva.value - b.gpa.value && a.flags == b.flags &&
         a.guest_memfd == b.guest_memfd &&
         (a.guest_memfd < 0 ||
          a.guest_memfd_offset.value - a.gpa.value == b.guest_memfd_offset.value - b.gpa.value);
}

bool joinable(const Slot& low, const Slot& high) {
  return low.range().end == high.gpa && same_view(low, high) &&
         low.size + high.size <= largest_slot;
}

// From the lowest upwards: what is joined never passes KVM's largest slot.
bool JoinedSlots::join(const Slot& next) {
  if (piece_ && joinable(*piece_, next)) {
    piece_->size += next.size;
    return true;
  }
  piece_ = next;
  return false;
}

Slot part_of(const Slot& slot, GpaRange range) {
  const Bytes offset = range.begin - slot.gpa;
  Slot part = slot;
  part.gpa = range.begin;
  part.size = range.size();
  part.hva.value += offset.value;
  if (part.guest_memfd >= 0) part.guest_memfd_offset.value += offset.value;
  return part;
}

ViewChanges view_changes(const SpaceEffect& space) {
  ViewChanges changes;
  const Slot* last_before = nullptr;
  const Slot* last_after = nullptr;
  BothSides(space).for_each([&](GpaRange range, const Slot* before, const Slot* after) {
    if (same(before, after)) return true;
    const bool goes_on = !changes.empty() && changes.back().end == range.begin &&
                         same(last_before, before) && same(last_after, after);
    if (goes_on) {
      changes.back().end = range.end;
    } else {
      changes.push_back(range);
    }
    last_before = before;
    last_after = after;
    return true;
  });
  return changes;
}

bool keeps_view(const SpaceEffect& space) {
  bool kept = true;
  BothSides(space).for_each(
      [&](GpaRange, const Slot* before, const Slot* after) { return kept = same(before, after); });
  return kept;
}

bool is_idle(const SpaceEffect& space) {
  const auto ends_log = [](const Side& side) { return side.deleted && logs(side); };
  if (std::any_of(space.gone.begin(), space.gone.end(), ends_log)) return false;
  if (std::none_of(space.gone.begin(), space.gone.end(), makes_or_ends_slot) &&
      std::none_of(space.come.begin(), space.come.end(), makes_or_ends_slot)) {
    return false;
  }
  return keeps_view(space);
}

}  // namespace slotscope
