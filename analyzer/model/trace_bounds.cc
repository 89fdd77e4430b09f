#include "analyzer/model/trace_bounds.h"

#include <fmt/format.h>

namespace slotscope {

Status TraceBounds::admit(const Call& call) {
  std::set<std::pair<AsId, SlotId>>& slots = far_[call.vm];
  if (slots.size() < most_far_slots || slots.count({call.as, call.slot})) {
    slots.insert({call.as, call.slot});
    return ok();
  }
  return Diagnostic{
      .message = fmt::format("VM {} has more than {} slots that KVM can't have, among "
                             "them slot {} of address space {}",
                             call.vm.value, most_far_slots, call.slot.value, call.as.value),
      .advice = "is this a trace of memslot calls?"};
}

}  // namespace slotscope
