#include "analyzer/findings/findings.h"

namespace slotscope {

VmFindingsBuilder& FindingsBuilder::vm(VmId id) {
  if (latest_ && latest_id_ == id) return *latest_;
  std::unique_ptr<VmFindingsBuilder>& entry = vms_[id];
  if (!entry) entry = std::make_unique<VmFindingsBuilder>(clues_);
  latest_id_ = id;
  return *(latest_ = entry.get());
}

void FindingsBuilder::add(const Event& event, const Step* step) {
  if (step) {
    vm(step->call->vm).add(*step);
  } else if (const Annotation* annotation = std::get_if<Annotation>(&event)) {
    vm(annotation->vm).note(*annotation);
  }
}

std::map<VmId, VmFindings> FindingsBuilder::finish(const Model& model) {
  std::map<VmId, VmFindings> findings;
  for (auto& [id, builder] : vms_) {
    const auto tracked = model.vms().find(id);
    if (tracked != model.vms().end()) findings[id] = builder->finish(tracked->second->state);
    builder.reset();  // of thousands of VMs not both have to be there
  }
  return findings;
}

}  // namespace slotscope
