// The calls that lead from some slots of an address space to others.
#pragma once

#include <vector>

#include "analyzer/model/slot_map.h"
#include "analyzer/model/update.h"

namespace slotscope {

struct SlotStep {
  UpdateKind kind = UpdateKind::create;  // create, del, move or flags
  Slot slot;                             // as it is after the call; of a delete, as it was before
};

// Whether one call turns `a` into `b`: another gpa, log_dirty on or off, or both at once, which a
// move may do (kvm_set_memory_region, 5.10 to 7.3). KVM changes neither in a slot with a
// guest_memfd, and never a size, an hva or READONLY.
bool one_call_apart(const Slot& a, const Slot& b);

// As few as KVM's rules allow, in an order in which they all succeed: flags, deletes, moves,
// creates. Both lists ascend in gpa; `now` holds all of `before`, perhaps under other ids, and the
// steps' ids are those of `now`. A slot that is created keeps its id where that is free.
std::vector<SlotStep> slot_steps(const std::vector<Slot>& before, const std::vector<Slot>& after,
                                 const SlotMap& now);

// The id of the slot that stands at `gpa`, which must be there.
SlotId id_at(const SlotMap& slots, Gpa gpa);

}  // namespace slotscope
