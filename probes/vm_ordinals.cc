#include "probes/vm_ordinals.h"

#include <algorithm>

namespace slotscope {

VmId VmOrdinals::created(KvmKey kvm, Pid owner) {
  const VmId id{++last_};
  vms_[kvm] = {id, owner};
  return id;
}

VmId VmOrdinals::of(KvmKey kvm, Pid owner) {
  const auto found = vms_.find(kvm);
  if (found == vms_.end()) return created(kvm, owner);
  const Vm& vm = found->second;
  return vm.ended && vm.owner != owner ? created(kvm, owner) : vm.id;
}

std::optional<VmId> VmOrdinals::find(KvmKey kvm) const {
  const auto found = vms_.find(kvm);
  return found == vms_.end() ? std::nullopt : std::optional(found->second.id);
}

std::vector<VmId> VmOrdinals::process_ended(Pid owner) {
  std::vector<VmId> ended;
  for (auto& [kvm, vm] : vms_) {
    if (vm.owner != owner || vm.ended) continue;
    vm.ended = true;
    ended.push_back(vm.id);
  }
  std::sort(ended.begin(), ended.end());
  return ended;
}

}  // namespace slotscope
