#include "probes/vm_ordinals.h"

#include <algorithm>

namespace slotscope {

VmOrdinals::Created VmOrdinals::created(KvmKey kvm, Pid owner) {
  Created created{VmId{++last_}, std::nullopt};
  const auto [at, is_new] = vms_.try_emplace(kvm);
  if (!is_new && !at->second.ended) created.replaced = {at->second.id, at->second.owner};
  at->second = {created.vm, owner};
  return created;
}

VmId VmOrdinals::of(KvmKey kvm, Pid owner) {
  const auto found = vms_.find(kvm);
  if (found == vms_.end()) return created(kvm, owner).vm;
  const Vm& vm = found->second;
  return vm.ended && vm.owner != owner ? created(kvm, owner).vm : vm.id;
}

std::optional<VmId> VmOrdinals::find(KvmKey kvm) const {
  const auto found = vms_.find(kvm);
  return found == vms_.end() ? std::nullopt : std::optional(found->second.id);
}

std::optional<std::pair<VmId, Pid>> VmOrdinals::closed(KvmKey kvm, Nanos time) {
  const auto found = vms_.find(kvm);
  if (found == vms_.end() || found->second.ended) return std::nullopt;
  found->second.ended = true;
  found->second.closed_at = time;
  return std::pair(found->second.id, found->second.owner);
}

bool VmOrdinals::has_ended(KvmKey kvm) const {
  const auto found = vms_.find(kvm);
  return found != vms_.end() && found->second.ended;
}

bool VmOrdinals::closed_before(KvmKey kvm, Nanos time) const {
  const auto found = vms_.find(kvm);
  return found != vms_.end() && found->second.closed_at && *found->second.closed_at < time;
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
