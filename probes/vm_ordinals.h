// From struct kvm to the VM's ordinal. The kernel reuses the memory of a VM that is gone, so a
// pointer means a VM only until its process ends or a new VM is created there.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "analyzer/base/units.h"

namespace slotscope {

// A kernel address: an identity here, and never shown.
using KvmKey = Quantity<struct KvmKeyTag, uint64_t>;

class VmOrdinals {
 public:
  struct Created {
    VmId vm;
    // The VM that was there before, and its process, when its end has not been told: its memory
    // would not be another's if it were not gone.
    std::optional<std::pair<VmId, Pid>> replaced;
  };

  // A VM was seen being created.
  Created created(KvmKey kvm, Pid owner);

  // A VM that exists.
  VmId of(KvmKey kvm, Pid owner);

  // Nothing when none was ever seen there.
  std::optional<VmId> find(KvmKey kvm) const;

  // Nobody has the VM's file any more. Its number and process, unless its end was told before.
  std::optional<std::pair<VmId, Pid>> closed(KvmKey kvm, Nanos time);

  // Whether the VM there, if any, has ended.
  bool has_ended(KvmKey kvm) const;
  // Whether it was closed before `time`: what exists there then is another VM.
  bool closed_before(KvmKey kvm, Nanos time) const;

  // The process is gone and its VMs with it: no other may change their slots. Those that are new
  // to have ended, in the order of their ordinals; what still comes from the process is theirs.
  std::vector<VmId> process_ended(Pid owner);

 private:
  struct Vm {
    VmId id;
    Pid owner;
    bool ended = false;
    std::optional<Nanos> closed_at = {};
  };
  std::map<KvmKey, Vm> vms_;
  uint32_t last_ = 0;
};

}  // namespace slotscope
