// From struct kvm to the VM's ordinal. The kernel reuses the memory of a VM that is gone, so a
// pointer means a VM only until its process ends or a new VM is created there.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "analyzer/base/units.h"

namespace slotscope {

// A kernel address: an identity here, and never shown.
using KvmKey = Quantity<struct KvmKeyTag, uint64_t>;

class VmOrdinals {
 public:
  // A VM was seen being created.
  VmId created(KvmKey kvm, Pid owner);

  // A VM that exists.
  VmId of(KvmKey kvm, Pid owner);

  // Nothing when none was ever seen there.
  std::optional<VmId> find(KvmKey kvm) const;

  // The process is gone and its VMs with it: no other may change their slots. Those that are new
  // to have ended, in the order of their ordinals; what still comes from the process is theirs.
  std::vector<VmId> process_ended(Pid owner);

 private:
  struct Vm {
    VmId id;
    Pid owner;
    bool ended = false;
  };
  std::map<KvmKey, Vm> vms_;
  uint32_t last_ = 0;
};

}  // namespace slotscope
