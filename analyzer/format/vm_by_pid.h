// Numbers the VMs of a trace whose records carry a process id: a VMM process runs one VM.
#pragma once

#include <unordered_map>

#include "analyzer/base/units.h"

namespace slotscope {

class VmByPid {
 public:
  // Ordinals from 1, in the order in which the pids first appear.
  VmId of(Pid pid) {
    const VmId next{static_cast<uint32_t>(vms_.size()) + 1};
    return vms_.try_emplace(pid, next).first->second;
  }

 private:
  std::unordered_map<Pid, VmId> vms_;
};

}  // namespace slotscope
