// Whether this host can replay a plan: asked of its capabilities and memory, never assumed.
#pragma once

#include "analyzer/base/result.h"
#include "replay/data/replay_plan.h"
#include "replay/kvm.h"
#include "replay/replay_options.h"

namespace slotscope {

// What KVM must have: address spaces, slot ids, read-only slots, guest_memfd, page size; and what
// the options ask of it.
Status check_capabilities(const Plan& plan, const KvmCapabilities& kvm,
                          const ReplayOptions& options);

// Kernel memory for the slots, and memory for the guest where something fills it, against a share
// of what is free. `available` 0: unknown, which only a plan of next to nothing passes.
Status check_memory(const Plan& plan, Bytes available, const ReplayOptions& options);

}  // namespace slotscope
