// The calls that lead from some slots of an address space to others.
#pragma once

#include <vector>

#include "analyzer/findings/commit_changes.h"
#include "analyzer/model/slot_map.h"

namespace slotscope {

struct PlannedCall {
  UpdateKind kind = UpdateKind::create;  // create, del, move or flags
  Slot slot;                             // as it is after the call; of a delete, as it was before
  CallNumber from;                       // the call of the trace that did the same
};

// As few as KVM's rules allow, in an order in which they all succeed: flags, deletes, moves,
// creates. Both lists ascend in gpa; `now` holds all of `before`, perhaps under other ids, and the
// planned ids are those of `now`.
std::vector<PlannedCall> plan_slots(const std::vector<SlotChange>& before,
                                    const std::vector<SlotChange>& after, const SlotMap& now);

// The id of the slot that stands at `gpa`, which must be there.
SlotId id_at(const SlotMap& slots, Gpa gpa);

}  // namespace slotscope
