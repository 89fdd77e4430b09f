// What a call did to one slot id in the state that it met: made once, then shared by every call
// that says the same and meets the same.
#pragma once

#include "analyzer/model/update.h"

namespace slotscope {

struct Transition {
  Update update;
  // Where a walk over the guest's memory stands with it. A delete counts where its slot was: its
  // own gpa is ignored by KVM, and crosvm sends 0.
  Gpa place;
  // Kernel memory of the slot before and after; 0 without one.
  Bytes metadata_before = {}, metadata_after = {};
};

}  // namespace slotscope
