#include "analyzer/model/vm_state.h"

#include <algorithm>
#include <cerrno>

namespace slotscope {
namespace {

using Knowledge = SlotMap::Knowledge;

// A slot of which the trace shows a call that KVM accepted can be held unless its range is
// impossible; then the trace is wrong and the state stays as it was.
bool representable(const Call& call) { return call.size.value > 0 && !wraps(call.gpa, call.size); }

// The two ioctls that QEMU issues and its text shows as one (kvm_set_user_memory_region).
bool readonly_flip(const Slot& old, const Slot& now) {
  return old.gpa == now.gpa && old.size == now.size && old.hva == now.hva &&
         ((old.flags ^ now.flags) & slot_flag::readonly);
}

}  // namespace

VmState::VmState(VmId id, const KernelProfile& kernel, bool faithful)
    : id_(id), kernel_(kernel), faithful_(faithful) {}

const AddressSpace* VmState::address_space(AsId id) const {
  const auto at =
      std::lower_bound(spaces_.begin(), spaces_.end(), id,
                       [](const auto& space, AsId wanted) { return space->id < wanted; });
  return at != spaces_.end() && (*at)->id == id ? at->get() : nullptr;
}

AddressSpace& VmState::space(AsId id) {
  if (id.value < spaces_.size() && spaces_[id.value]->id == id) return *spaces_[id.value];
  const auto at =
      std::lower_bound(spaces_.begin(), spaces_.end(), id,
                       [](const auto& space, AsId wanted) { return space->id < wanted; });
  if (at != spaces_.end() && (*at)->id == id) return **at;
  auto added = std::make_unique<AddressSpace>();
  added->id = id;
  return **spaces_.insert(at, std::move(added));
}

Bytes VmState::metadata_of(const Slot& slot) const {
  return slot_metadata_bytes(slot.range(), slot.flags, kernel_);
}

void VmState::insert(AddressSpace& space, const Slot& slot) {
  space.slots.insert(slot);
  space.metadata += metadata_of(slot);
}

void VmState::erase(AddressSpace& space, const Slot* slot) {
  space.metadata -= metadata_of(*slot);
  space.slots.erase(slot);
}

void VmState::seed(const Call& snapshot) {
  start_known_ = true;
  AddressSpace& in = space(snapshot.as);
  in.proven = true;
  if (!representable(snapshot)) return;
  if (const Slot* old = in.slots.find(snapshot.slot)) erase(in, old);
  const Slot slot = Slot::from(snapshot);
  while (const Slot* other = in.slots.overlapping(slot.range())) erase(in, other);
  insert(in, slot);
}

const Update& VmState::apply(const Call& call) {
  AddressSpace& in = space(call.as);
  latest_ = &in;
  const Prediction model = predict(call, in.slots, kernel_);
  update_.kind = model.kind;
  update_.verdict = Verdict::agrees;
  update_.implicit_delete = false;
  update_.predicted = model.ret;
  update_.before.reset();
  update_.after.reset();
  if (model.old) update_.before = *model.old;
  if (call.ret != 0) {
    apply_rejected(call, model, in);
    return update_;
  }
  in.proven = true;
  if (call.size.value == 0) {
    apply_delete(call, model, in);
  } else {
    apply_set(call, model, in);
  }
  return update_;
}

void VmState::apply_rejected(const Call& call, const Prediction& model, AddressSpace& in) {
  update_.kind = UpdateKind::rejected;
  update_.after = update_.before;
  const bool rule = call.ret == -EINVAL || call.ret == -EEXIST;
  const bool no_smm = call.ret == -EINVAL && call.as.value > 0 && !in.proven;
  if (call.ret == model.ret) {
    update_.verdict = Verdict::agrees;
  } else if (!rule || no_smm || model.allows(call.ret)) {
    update_.verdict = Verdict::unpredictable;
  } else if (lost_) {
    update_.verdict = Verdict::learnt;
    // KVM refuses a clean delete only when there is nothing to delete.
    if (model.kind == UpdateKind::del) {
      erase(in, model.old);
      update_.after.reset();
    }
  } else if (!start_known_ && model.kind == UpdateKind::create) {
    // A slot that the trace has not shown overlaps (EEXIST), or has this id already (EINVAL).
    const bool unseen_id = in.slots.knowledge(call.slot) == Knowledge::never_seen;
    update_.verdict = call.ret == -EEXIST || unseen_id ? Verdict::learnt : Verdict::disagrees;
  } else {
    update_.verdict = Verdict::disagrees;
  }
}

void VmState::apply_delete(const Call& call, const Prediction& model, AddressSpace& in) {
  update_.kind = UpdateKind::del;
  if (model.old) {
    erase(in, model.old);
    update_.verdict = model.ret == 0 ? Verdict::agrees : Verdict::disagrees;
    return;
  }
  const bool unseen = in.slots.knowledge(call.slot) == Knowledge::never_seen;
  if (lost_ || (!start_known_ && unseen)) {
    update_.verdict = Verdict::learnt;
    ++learnt_slots_;
  } else {
    update_.verdict = Verdict::disagrees;
  }
  in.slots.set_absent(call.slot);
}

void VmState::apply_set(const Call& call, const Prediction& model, AddressSpace& in) {
  const Slot slot = Slot::from(call);
  switch (model.kind) {
    case UpdateKind::create:
      insert(in, slot);
      break;
    case UpdateKind::no_change:
      break;
    case UpdateKind::move:
    case UpdateKind::flags:
      in.metadata -= metadata_of(*model.old);
      in.metadata += metadata_of(slot);
      in.slots.replace(slot);
      break;
    case UpdateKind::del:
    case UpdateKind::rejected:
      apply_contradiction(call, model, in);
      return;
  }
  update_.after = slot;
}

// KVM accepted what it must refuse in the state that the trace shows: the state was another one.
// Whatever stood in the way has been deleted without the trace showing it.
void VmState::apply_contradiction(const Call& call, const Prediction& model, AddressSpace& in) {
  const Slot slot = Slot::from(call);
  update_.kind = UpdateKind::create;
  const bool flip = model.old && readonly_flip(*model.old, slot);
  update_.verdict = flip && !faithful_ ? Verdict::agrees
                    : lost_            ? Verdict::learnt
                                       : Verdict::disagrees;
  if (!representable(call)) {
    update_.kind = UpdateKind::no_change;
    update_.after = update_.before;
    return;
  }
  if (model.old) {
    update_.implicit_delete = true;
    erase(in, model.old);
  }
  while (const Slot* other = in.slots.overlapping(slot.range())) {
    update_.implicit_delete = true;
    erase(in, other);
  }
  insert(in, slot);
  update_.after = slot;
}

}  // namespace slotscope
