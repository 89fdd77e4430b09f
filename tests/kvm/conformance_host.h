// What no trace tells and decides a call's result all the same: measured once on the running
// kernel, so that each result can be foreseen exactly.
#pragma once

#include <string>

#include "analyzer/base/result.h"
#include "analyzer/model/kernel_profile.h"
#include "analyzer/model/vm_state.h"
#include "replay/kvm.h"
#include "tests/kvm/conformance_attempt.h"

namespace slotscope::conformance {

struct Host {
  KernelProfile kernel;      // whose rules are tested
  bool region2 = false;      // KVM_SET_USER_MEMORY_REGION2 is there
  bool guest_memfd = false;  // on VMs of the default type
  bool makes_memfd = false;  // guest_memfds can be created, usable or not
  int32_t bound_error = 0;   // for a part of a guest_memfd that another slot has
  Gpa gpa_end{};             // no slot may reach beyond; the largest value where nothing is checked
  Hva hva_end{};
};

// The profile of the newest kernel that is not newer than `release` ("6.1.0-32-amd64").
Result<KernelProfile> profile_of_release(const std::string& release);

// `rules`: whose address spaces and limits the model is to have; the rest is asked of `kvm`.
Result<Host> measure_host(Kvm& kvm, const KernelProfile& rules);

// The result that `attempt` must have after what `vm` has seen: 0 or a negative errno.
int32_t foreseen(const Host& host, const Attempt& attempt, const VmState* vm);

}  // namespace slotscope::conformance
