// KVM's decision procedure for KVM_SET_USER_MEMORY_REGION(2), as a pure function.
#pragma once

#include <cstdint>

#include "analyzer/event/call.h"
#include "analyzer/model/kernel_profile.h"
#include "analyzer/model/slot_map.h"
#include "analyzer/model/update.h"

namespace slotscope {

// What a call may get beside what is predicted, for reasons that no trace shows. Several may hold.
namespace doubt {
inline constexpr uint8_t host_limits = 1;  // -EINVAL: address widths, VM type, no SMM
// -EINVAL: only REGION2 takes slot_flag::guest_memfd, and a call does not tell which it is.
inline constexpr uint8_t which_ioctl = 2;
inline constexpr uint8_t internal = 4;  // -EEXIST: KVM's own slots (TSS, identity map, APIC page)
// -EBADF, -EINVAL or -EEXIST: what the guest_memfd is, and what it is bound to.
inline constexpr uint8_t memfd_file = 8;
}  // namespace doubt

struct Prediction {
  UpdateKind kind = UpdateKind::rejected;
  int32_t ret = 0;  // 0 or a negative errno; -EINVAL and -EEXIST are all that KVM's rules produce
  uint8_t doubts = 0;
  const Slot* old = nullptr;  // the slot of this id, while `slots` stays as it is

  bool allows(int32_t recorded) const;
};

Prediction predict(const Call& call, const SlotMap& slots, const KernelProfile& kernel);

// Whether one call turns `a` into `b`: another gpa, log_dirty on or off, or both at once, which a
// move may do (kvm_set_memory_region, 5.10 to 7.3). KVM changes neither in a slot with a
// guest_memfd, and never a size, an hva or READONLY.
bool one_call_apart(const Slot& a, const Slot& b);

}  // namespace slotscope
