// One VM's memslots: applies calls, says which update each was, and holds what is there now.
#pragma once

#include <memory>
#include <vector>

#include "analyzer/event/call.h"
#include "analyzer/model/kernel_profile.h"
#include "analyzer/model/predict.h"
#include "analyzer/model/slot_map.h"
#include "analyzer/model/transition_memo.h"
#include "analyzer/model/update.h"

namespace slotscope {

struct AddressSpace {
  AsId id;
  SlotMap slots;
  Bytes metadata;       // kernel memory of the slots that are there now
  bool proven = false;  // a call in it succeeded, so the host has it
};

class VmState {
 public:
  // `faithful`: each ioctl of the trace is one call (TraceInfo::faithful).
  VmState(VmId id, const KernelProfile& kernel, bool faithful);

  // A traced call. The recorded result decides the state; the model's own opinion is the verdict.
  // The update is valid until the next call.
  const Update& apply(const Call& call) { return transition_of(call).update; }
  const Transition& transition_of(const Call& call);
  // Keeps transitions that transition_of() answered valid; those that it doesn't hold are valid
  // until the next call.
  const TransitionMemo* memo() const { return memo_.get(); }
  bool is_remembered(const Transition& transition) const { return &transition != &fresh_; }
  // The address space of the last call.
  const AddressSpace& latest() const { return *latest_; }

  // A slot that was there when the capture began.
  void seed(const Call& snapshot);

  // The VM was seen being created, or its slots were: what has not been seen is not there.
  void start_known() { start_known_ = true; }
  // Events are missing from here on back to the last one: anything may have happened.
  void lost_events() { lost_ = true; }

  VmId id() const { return id_; }
  bool is_start_known() const { return start_known_; }
  bool has_lost_events() const { return lost_; }
  // Slots known only from a call that needed them: they were there before the trace began.
  uint64_t learnt_slots() const { return learnt_slots_; }

  // In the order of their ids; those that a call named, even if it was rejected.
  const std::vector<std::unique_ptr<AddressSpace>>& address_spaces() const { return spaces_; }
  const AddressSpace* address_space(AsId id) const;

 private:
  AddressSpace& space(AsId id);
  const Transition* repeat(const Call& call, AddressSpace& space);
  const Transition& apply_anew(const Call& call, AddressSpace& space);
  void apply_rejected(const Call& call, const Prediction& model, AddressSpace& space);
  void apply_delete(const Call& call, const Prediction& model, AddressSpace& space);
  void apply_set(const Call& call, const Prediction& model, AddressSpace& space);
  void apply_contradiction(const Call& call, const Prediction& model, AddressSpace& space);
  void insert(AddressSpace& space, const Slot& slot);
  void erase(AddressSpace& space, const Slot* slot);
  Bytes metadata_of(const Slot& slot) const;

  VmId id_;
  KernelProfile kernel_;
  bool faithful_;
  bool start_known_ = false, lost_ = false;
  uint64_t learnt_slots_ = 0;
  std::vector<std::unique_ptr<AddressSpace>> spaces_;
  const AddressSpace* latest_ = nullptr;
  uint64_t calls_ = 0;
  std::unique_ptr<TransitionMemo> memo_;  // once the VM has made enough calls for it
  Transition fresh_;                      // of the last call, unless the memo knew it
};

}  // namespace slotscope
