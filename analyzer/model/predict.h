// KVM's decision procedure for KVM_SET_USER_MEMORY_REGION(2), as a pure function.
#pragma once

#include <cstdint>

#include "analyzer/event/call.h"
#include "analyzer/model/kernel_profile.h"
#include "analyzer/model/slot_map.h"
#include "analyzer/model/update.h"

namespace slotscope {

struct Prediction {
  UpdateKind kind = UpdateKind::rejected;
  int32_t ret = 0;  // 0 or a negative errno; -EINVAL and -EEXIST are all that KVM's rules produce
  // What this call may get as well, for reasons that no trace shows.
  enum class Doubt : uint8_t {
    none,
    host_limits,  // -EINVAL: physical address width, 5-level paging, VM type, no SMM
    which_ioctl,  // -EINVAL: only REGION2 takes slot_flag::guest_memfd, and a call does not tell
    internal,     // -EEXIST: KVM's own slots (TSS, identity map, APIC access page)
    memfd_file,   // -EBADF, -EINVAL or -EEXIST: what the guest_memfd is, and what it is bound to
  } doubt = Doubt::none;
  const Slot* old = nullptr;  // the slot of this id, while `slots` stays as it is

  bool allows(int32_t recorded) const;
};

Prediction predict(const Call& call, const SlotMap& slots, const KernelProfile& kernel);

}  // namespace slotscope
