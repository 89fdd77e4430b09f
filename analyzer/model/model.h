// Events in, updates out: the state of every VM of a trace, as its events tell it.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "analyzer/event/event.h"
#include "analyzer/model/commit_tracker.h"
#include "analyzer/model/kernel_profile.h"
#include "analyzer/model/vm_state.h"

namespace slotscope {

struct TrackedVm {
  VmState state;
  CommitTracker commits;
};

// One call and what it did; the pointers are valid until the next event is applied.
struct Step {
  CallNumber number;
  CommitId commit;  // of the VM, recorded or inferred
  const Call* call;
  const Update* update;
  const Transition* transition;  // with the update in it
  bool remembered;               // the VM's memo keeps the transition
  const TrackedVm* vm;
  const AddressSpace* space;  // the call's, after it
};

class Model {
 public:
  // `faithful` as in TraceInfo.
  Model(const KernelProfile& kernel, bool faithful) : kernel_(kernel), faithful_(faithful) {}

  // A step for each traced call; nullptr for everything else.
  const Step* apply(const Event& event);

  // An event of a VM that nobody asked about: only the numbers of the calls after it tell of it.
  void skip(const Event& event);

  const std::map<VmId, std::unique_ptr<TrackedVm>>& vms() const { return vms_; }
  CallNumber calls() const { return calls_; }  // of the trace, up to now

 private:
  TrackedVm& vm(VmId id);
  const Step* apply_call(const Call& call);
  void apply_loss(const Loss& loss);

  KernelProfile kernel_;
  bool faithful_;
  bool lost_everywhere_ = false;  // a loss of unknown VM also taints VMs not yet seen
  std::map<VmId, std::unique_ptr<TrackedVm>> vms_;
  TrackedVm* latest_ = nullptr;
  CallNumber calls_;
  Step step_{};
};

}  // namespace slotscope
