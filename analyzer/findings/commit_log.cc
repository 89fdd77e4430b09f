#include "analyzer/findings/commit_log.h"

namespace slotscope {

VmFindingsBuilder& CommitLog::vm(VmId id) {
  std::unique_ptr<VmFindingsBuilder>& entry = vms_[id];
  if (!entry) {
    entry = std::make_unique<VmFindingsBuilder>();
    entry->on_commit([this, id](const FinishedCommit& commit) { commit_ended(id, commit); });
  }
  return *entry;
}

void CommitLog::commit_ended(VmId vm, const FinishedCommit& commit) {
  for (Held& held : held_) {
    const Call* call = std::get_if<Call>(&held.item.event);
    if (held.ready || !call || call->vm != vm) continue;
    held.item.cause = commit.cause;
    held.ready = true;
  }
}

void CommitLog::release(size_t most_left) {
  while (!held_.empty() && (held_.front().ready || held_.size() > most_left)) {
    LogItem& item = held_.front().item;
    if (item.is_call) {
      item.entry.step.call = &std::get<Call>(item.event);
      item.entry.step.update = &item.update;
    }
    emit_(item);
    held_.pop_front();
  }
}

void CommitLog::add(const Event& event, const Step* step) {
  // Ends the commit before: its calls become ready, this one is not held yet.
  if (step) {
    vm(step->call->vm).add(*step);
  } else if (const Annotation* annotation = std::get_if<Annotation>(&event)) {
    vm(annotation->vm).note(*annotation);
  }
  const LogEntry* entry = log_.add(event, step);
  Held held{.item = {.event = event, .cause = {}}, .ready = entry == nullptr};
  if (entry) {
    held.item.update = *step->update;
    held.item.entry = *entry;
    held.item.is_call = true;
  }
  held_.push_back(std::move(held));
  release(most_held);
}

void CommitLog::finish(const Model& model) {
  for (auto& [id, builder] : vms_) {
    const auto tracked = model.vms().find(id);
    if (tracked != model.vms().end()) builder->finish(tracked->second->state);
  }
  release(0);
}

}  // namespace slotscope
