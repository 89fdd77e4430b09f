// What KVM sees of the bytes of an address space, whatever the slots that hold them, and whether a
// commit changed any of it.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "analyzer/commits/commit_effect.h"

namespace slotscope {

// Whether every byte has the same view in both, were it in both: (hva - gpa, flags, guest_memfd and
// its offset - gpa).
bool same_view(const Slot& a, const Slot& b);

// KVM_MEM_MAX_NR_PAGES of x86's 4 KiB (include/linux/kvm_host.h, 5.10 to 7.3).
inline constexpr Bytes largest_slot{((uint64_t{1} << 31) - 1) << 12};

// Whether one slot would do for both: `low` ends where `high` begins, and both have one view.
bool joinable(const Slot& low, const Slot& high);

// Slots upwards, joined as long as one would do for all.
class JoinedSlots {
 public:
  // Whether `next` goes on the piece; else it begins another one.
  bool join(const Slot& next);

 private:
  std::optional<Slot> piece_;
};

// The part of `slot` in `range`, which lies inside it.
Slot part_of(const Slot& slot, GpaRange range);

// Maximal ranges that have one view before the commit and another one after it.
using ViewChanges = std::vector<GpaRange>;
ViewChanges view_changes(const SpaceEffect& space);
bool keeps_view(const SpaceEffect& space);  // there is none

// Slots came or went, none that logs dirty pages went, and at the end every byte has the view that
// it had at the start. (A new slot has a new dirty bitmap, kvm_alloc_dirty_bitmap: an effect.)
bool is_idle(const SpaceEffect& space);

}  // namespace slotscope
