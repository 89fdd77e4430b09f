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
  if (id.value < spaces_.size() && spaces_[id.value]->id == id) return spaces_[id.value].get();
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

const Transition& VmState::transition_of(const Call& call) {
  AddressSpace& in = space(call.as);
  latest_ = &in;
  if (call.payload.id.value != 0 && memo_) {
    if (const Transition* known = repeat(call, in)) return *known;
  }
  return apply_anew(call, in);
}

// What KVM makes of a call depends on the call, on the slot of its id, and on whether another slot
// is in the way; on all slots and on what the trace has lost only where it must be refused.
const Transition* VmState::repeat(const Call& call, AddressSpace& in) {
  const Slot* old = in.slots.find(call.slot);
  const Transition* known = memo_->find(call.payload.id, old);
  if (!known) return nullptr;
  const Update& update = known->update;
  switch (update.kind) {
    case UpdateKind::create:
      if (in.slots.overlapping(update.after->range(), old)) return nullptr;
      if (old) in.slots.erase(old);
      in.slots.insert(*update.after);
      break;
    case UpdateKind::move:
      if (in.slots.overlapping(update.after->range(), old)) return nullptr;
      in.slots.replace(*update.after);
      break;
    case UpdateKind::flags:
      in.slots.replace(*update.after);
      break;
    case UpdateKind::del:
      in.slots.erase(old);
      break;
    case UpdateKind::no_change:
    case UpdateKind::rejected:
      break;
  }
  in.metadata -= known->metadata_before;
  in.metadata += known->metadata_after;
  return known;
}

const Transition& VmState::apply_anew(const Call& call, AddressSpace& in) {
  constexpr uint64_t worth_a_memo = 64;  // calls
  const Prediction model = predict(call, in.slots, kernel_);
  fresh_ = {};
  fresh_.update.kind = model.kind;
  fresh_.update.predicted = model.ret;
  fresh_.place = call.gpa;
  if (model.old) fresh_.update.before = *model.old;
  if (call.ret != 0) {
    apply_rejected(call, model, in);
    return fresh_;
  }
  in.proven = true;
  if (call.size.value == 0) {
    apply_delete(call, model, in);
  } else {
    apply_set(call, model, in);
  }
  const Update& update = fresh_.update;
  if (update.kind == UpdateKind::del && update.before) fresh_.place = update.before->gpa;
  if (update.verdict != Verdict::agrees || call.payload.id.value == 0) return fresh_;
  if (++calls_ < worth_a_memo) return fresh_;
  if (!memo_) memo_ = std::make_unique<TransitionMemo>();
  if (update.before) fresh_.metadata_before = metadata_of(*update.before);
  if (update.after) fresh_.metadata_after = metadata_of(*update.after);
  return *memo_->keep(call.payload.id, fresh_);
}

void VmState::apply_rejected(const Call& call, const Prediction& model, AddressSpace& in) {
  fresh_.update.kind = UpdateKind::rejected;
  fresh_.update.after = fresh_.update.before;
  const bool rule = call.ret == -EINVAL || call.ret == -EEXIST;
  const bool no_smm = call.ret == -EINVAL && call.as.value > 0 && !in.proven;
  if (call.ret == model.ret) {
    fresh_.update.verdict = Verdict::agrees;
  } else if (!rule || no_smm || model.allows(call.ret)) {
    fresh_.update.verdict = Verdict::unpredictable;
  } else if (lost_) {
    fresh_.update.verdict = Verdict::learnt;
    // KVM refuses a clean delete only when there is nothing to delete.
    if (model.kind == UpdateKind::del) {
      erase(in, model.old);
      fresh_.update.after.reset();
    }
  } else if (!start_known_ && model.kind == UpdateKind::create) {
    // A slot that the trace has not shown overlaps (EEXIST), or has this id already (EINVAL).
    const bool unseen_id = in.slots.knowledge(call.slot) == Knowledge::never_seen;
    fresh_.update.verdict = call.ret == -EEXIST || unseen_id ? Verdict::learnt : Verdict::disagrees;
  } else {
    fresh_.update.verdict = Verdict::disagrees;
  }
}

void VmState::apply_delete(const Call& call, const Prediction& model, AddressSpace& in) {
  fresh_.update.kind = UpdateKind::del;
  if (model.old) {
    erase(in, model.old);
    fresh_.update.verdict = model.ret == 0 ? Verdict::agrees : Verdict::disagrees;
    return;
  }
  const bool unseen = in.slots.knowledge(call.slot) == Knowledge::never_seen;
  if (lost_ || (!start_known_ && unseen)) {
    fresh_.update.verdict = Verdict::learnt;
    ++learnt_slots_;
  } else {
    fresh_.update.verdict = Verdict::disagrees;
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
  fresh_.update.after = slot;
}

// KVM accepted what it must refuse in the state that the trace shows: the state was another one.
// Whatever stood in the way has been deleted without the trace showing it.
void VmState::apply_contradiction(const Call& call, const Prediction& model, AddressSpace& in) {
  const Slot slot = Slot::from(call);
  fresh_.update.kind = UpdateKind::create;
  const bool flip = model.old && readonly_flip(*model.old, slot);
  fresh_.update.verdict = flip && !faithful_ ? Verdict::agrees
                          : lost_            ? Verdict::learnt
                                             : Verdict::disagrees;
  if (!representable(call)) {
    fresh_.update.kind = UpdateKind::no_change;
    fresh_.update.after = fresh_.update.before;
    return;
  }
  if (model.old) {
    fresh_.update.implicit_delete = true;
    erase(in, model.old);
  }
  while (const Slot* other = in.slots.overlapping(slot.range())) {
    fresh_.update.implicit_delete = true;
    erase(in, other);
  }
  insert(in, slot);
  fresh_.update.after = slot;
}

}  // namespace slotscope
