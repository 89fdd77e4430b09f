#include "analyzer/model/model.h"

namespace slotscope {

TrackedVm& Model::vm(VmId id) {
  if (latest_ && latest_->state.id() == id) return *latest_;
  std::unique_ptr<TrackedVm>& entry = vms_[id];
  if (!entry) {
    entry = std::make_unique<TrackedVm>(TrackedVm{VmState(id, kernel_, faithful_), {}});
    if (lost_everywhere_) entry->state.lost_events();
  }
  latest_ = entry.get();
  return *latest_;
}

const Step* Model::apply_call(const Call& call) {
  TrackedVm& in = vm(call.vm);
  if (call.origin == Origin::snapshot) {
    in.state.seed(call);
    return nullptr;
  }
  ++calls_.value;
  const Transition& made = in.state.transition_of(call);
  const CommitId commit = in.commits.add(call, made);
  step_ = {calls_, commit,
           &call,  &made.update,
           &made,  in.state.is_remembered(made),
           &in,    &in.state.latest()};
  return &step_;
}

void Model::apply_loss(const Loss& loss) {
  if (loss.vm.value != 0) {
    vm(loss.vm).state.lost_events();
    return;
  }
  lost_everywhere_ = true;
  for (auto& [id, tracked] : vms_) tracked->state.lost_events();
}

void Model::skip(const Event& event) {
  const Call* call = std::get_if<Call>(&event);
  if (call && call->origin == Origin::traced) ++calls_.value;
}

const Step* Model::apply(const Event& event) {
  if (const Call* call = std::get_if<Call>(&event)) return apply_call(*call);
  if (const Loss* loss = std::get_if<Loss>(&event)) apply_loss(*loss);
  if (const VmMark* mark = std::get_if<VmMark>(&event); mark && mark->edge == VmMark::Edge::start) {
    vm(mark->vm).state.start_known();
  }
  return nullptr;
}

}  // namespace slotscope
