// How much a trace may claim before it is refused, where memory would grow with the claim alone.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "analyzer/base/result.h"
#include "analyzer/event/event.h"

namespace slotscope {

// KVM has two address spaces with numbers below 32767 (KVM_MEM_SLOTS_NUM), and those bound
// themselves. A trace can name 65536 of each; a few such slots are a new kernel, more are no VMM's
// trace.
class TraceBounds {
 public:
  static constexpr size_t most_far_slots = 4096;  // of one VM, beyond what KVM has

  // The few events that need to be asked for.
  static bool concern(const Event& event) {
    const Call* call = std::get_if<Call>(&event);
    return call && (call->as.value >= 2 || call->slot.value >= 32767) && call->ret == 0;
  }
  Status admit(const Call& call);

 private:
  std::map<VmId, std::set<std::pair<AsId, SlotId>>> far_;
};

}  // namespace slotscope
