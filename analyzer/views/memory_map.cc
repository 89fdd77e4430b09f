#include "analyzer/views/memory_map.h"

#include <algorithm>

namespace slotscope {

void MemoryMapBuilder::add(const Event& event, const Step* step) {
  if (const Loss* loss = std::get_if<Loss>(&event)) {
    lost_ = saturating_sum(lost_, std::max<uint64_t>(loss->count, 1));
  }
  const Call* call = std::get_if<Call>(&event);
  if (!call) return;
  // A rejected call maps nothing, but `log` has named its memory too.
  regions_.place(call->hva, call->size);
  if (!step) return;
  last_[call->vm] = {step->commit, call->pid};
  if (!first_) first_ = call->time;
  latest_ = call->time;
}

MemoryMap MemoryMapBuilder::at_this_point(const Model& model) {
  MemoryMap map;
  map.lost = lost_;
  map.after = model.calls();
  if (first_ && latest_) map.since_first = *latest_ - *first_;
  for (const auto& [id, tracked] : model.vms()) {
    VmMap vm;
    vm.vm = id;
    vm.commits_recorded = tracked->commits.recorded();
    vm.learnt = tracked->state.learnt_slots() > 0;
    if (const auto last = last_.find(id); last != last_.end()) {
      vm.commit = last->second.commit;
      vm.pid = last->second.pid;
    }
    for (const auto& space : tracked->state.address_spaces()) {
      SpaceMap entry{.as = space->id, .mapped = space->slots.mapped(), .slots = {}};
      space->slots.for_each([&](const Slot& slot) {
        entry.slots.push_back({slot, regions_.place(slot.hva, {0})});
      });
      entry.shape = shape_of(space->id, space->slots);
      vm.spaces.push_back(std::move(entry));
    }
    if (!vm.spaces.empty()) map.vms.push_back(std::move(vm));
  }
  return map;
}

}  // namespace slotscope
