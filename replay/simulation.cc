#include "replay/simulation.h"

#include <algorithm>

namespace slotscope {

Call as_call(const Operation& op, Hva base) {
  Call call;
  call.gpa = op.gpa;
  call.size = op.size;
  call.hva = base + op.host;
  call.guest_memfd_offset = op.guest_memfd_offset;
  call.guest_memfd = static_cast<int32_t>(op.guest_memfd);
  call.flags = op.flags;
  call.as = op.as;
  call.slot = op.slot;
  call.ret = op.recorded;
  return call;
}

SlotMap& Simulation::space(uint32_t machine, AsId as) {
  const std::pair at(machine, as);
  if (latest_ && latest_at_ == at) return *latest_;
  std::unique_ptr<SlotMap>& entry = spaces_[at];
  if (!entry) entry = std::make_unique<SlotMap>();
  latest_at_ = at;
  latest_ = entry.get();
  return *latest_;
}

Simulation::Outcome Simulation::predict_call(uint32_t machine, const Call& call) {
  const Prediction found = predict(call, space(machine, call.as), host_);
  const Bytes size = found.old && call.size.value == 0 ? found.old->size : call.size;
  return {.kind = found.kind, .ret = found.ret, .certain = found.doubts == 0, .slot_size = size};
}

Simulation::Outcome Simulation::apply(uint32_t machine, const Call& call) {
  const Outcome outcome = predict_call(machine, call);
  SlotMap& slots = space(machine, call.as);
  const Slot* old = slots.find(call.slot);
  const auto cost = [&](const Slot& slot) {
    return slot_metadata_bytes(slot.range(), slot.flags, host_);
  };
  const Slot now = Slot::from(call);
  switch (outcome.kind) {
    case UpdateKind::create:
      metadata_ += cost(now);
      peak_ = std::max(peak_, metadata_);
      slots.insert(now);
      break;
    case UpdateKind::del:
      metadata_ -= cost(*old);
      slots.erase(old);
      break;
    case UpdateKind::move:
    case UpdateKind::flags:
      // kvm_set_memslot allocates for the new slot before it frees what the old one had.
      metadata_ += cost(now);
      peak_ = std::max(peak_, metadata_);
      metadata_ -= cost(*old);
      slots.replace(now);
      break;
    case UpdateKind::no_change:
    case UpdateKind::rejected:
      break;
  }
  return outcome;
}

}  // namespace slotscope
