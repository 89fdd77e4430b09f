#include "analyzer/capture/recording.h"

namespace slotscope {

Status Recording::start(const std::vector<Observation>& seen) {
  std::set<VmId> created;
  for (const Observation& observation : seen) {
    if (const auto* snapshot = std::get_if<SpaceSnapshot>(&observation)) {
      totals_.vms.insert(snapshot->vm);
      totals_.live[snapshot->vm] = snapshot->pid;
      if (!created.contains(snapshot->vm)) start_.learn(*snapshot);
      continue;
    }
    const VmMark* mark = std::get_if<VmMark>(&std::get<Event>(observation));
    if (mark && mark->edge == VmMark::Edge::start) created.insert(mark->vm);
  }
  for (const auto& [place, snapshot] : start_.spaces()) {
    check_.vm_found(snapshot);
    for (const Call& slot : snapshot.slots) {
      if (Status written = write(slot); !written) return written;
    }
  }
  for (const Observation& observation : seen) {
    const Event* event = std::get_if<Event>(&observation);
    if (!event) continue;
    if (Status added = add_event(*event); !added) return added;
  }
  return ok();
}

Status Recording::add(const Observation& seen) {
  if (const Event* event = std::get_if<Event>(&seen)) return add_event(*event);
  const SpaceSnapshot& snapshot = std::get<SpaceSnapshot>(seen);
  const auto [known, first] =
      checks_.try_emplace({snapshot.vm, snapshot.as}, check_.compare(snapshot, model_));
  // An unusable snapshot doesn't replace a usable one.
  if (!first && snapshot.usable()) known->second = check_.compare(snapshot, model_);
  if (snapshot.usable()) shown_[{snapshot.vm, snapshot.as}] = snapshot.slots;
  return ok();
}

Status Recording::add_event(const Event& event) {
  const Call* call = std::get_if<Call>(&event);
  return call && start_.covers(*call) ? ok() : write(event);
}

Status Recording::write(const Event& event) {
  const Step* step = model_.apply(event);
  if (step) check_.add(*step);
  count(event);
  return write_(event, step);
}

void Recording::count(const Event& event) {
  if (const Call* call = std::get_if<Call>(&event)) {
    const bool seen = call->origin == Origin::traced;
    ++(seen ? totals_.calls : totals_.snapshot_slots);
    if (call->duration) totals_.inside += *call->duration;
    totals_.vms.insert(call->vm);
  } else if (const Loss* loss = std::get_if<Loss>(&event)) {
    (loss->reason == Loss::Reason::dropped ? totals_.lost : totals_.undecoded) += loss->count;
  } else if (const VmMark* mark = std::get_if<VmMark>(&event)) {
    totals_.vms.insert(mark->vm);
    if (mark->edge == VmMark::Edge::end) {
      totals_.live.erase(mark->vm);
    } else {
      totals_.live[mark->vm] = mark->pid;
      check_.vm_created(mark->vm);
    }
  }
}

std::vector<Call> Recording::kernel_slots() const {
  std::vector<Call> slots;
  std::set<VmId> seen;
  for (const auto& [place, check] : checks_) {
    if (!check.usable) return {};
    const std::vector<Call>& here = shown_.at(place);
    slots.insert(slots.end(), here.begin(), here.end());
    seen.insert(place.first);
  }
  return seen == totals_.vms ? slots : std::vector<Call>();
}

size_t Recording::slots() const {
  size_t count = 0;
  for (const auto& [id, vm] : model_.vms()) {
    if (!totals_.live.contains(id)) continue;
    for (const auto& space : vm->state.address_spaces()) count += space->slots.count();
  }
  return count;
}

}  // namespace slotscope
