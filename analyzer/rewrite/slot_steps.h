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

// As few as KVM's rules allow, in an order in which they all succeed: flags, deletes, moves,
// creates. Both lists ascend in gpa; `now` holds all of `before`, perhaps under other ids, and the
// steps' ids are those of `now`. A slot that is created keeps its id where that is free.
std::vector<SlotStep> slot_steps(const std::vector<Slot>& before, const std::vector<Slot>& after,
                                 const SlotMap& now);

// The id of the slot that stands at `gpa`, which must be there.
SlotId id_at(const SlotMap& slots, Gpa gpa);

}  // namespace slotscope
