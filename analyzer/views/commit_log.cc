#include "analyzer/views/commit_log.h"

#include <algorithm>
#include <utility>

namespace slotscope {

CommitLog::Vm& CommitLog::vm(VmId id) {
  std::unique_ptr<Vm>& entry = vms_[id];
  if (!entry) {
    entry = std::make_unique<Vm>(clues_);
    entry->findings.on_commit(
        [this, id](const FinishedCommit& commit) { commit_ended(id, commit); });
    entry->findings.on_pair([to = &entry->puts_back](PairKind kind, const SlotPair& pair) {
      *to = PutBack{kind, pair};
    });
  }
  return *entry;
}

// Calls that joined a commit after its cause was shown get none: it would be a guess.
void CommitLog::commit_ended(VmId vm, const FinishedCommit& commit) {
  const bool told = vms_[vm]->settled;
  bool first = !told;
  for (size_t i = released_; i < held_.size(); ++i) {
    Held& held = held_[i];
    const Call* call = std::get_if<Call>(&held.item.event);
    if (held.ready || !call || call->vm != vm) continue;
    if (!told) held.item.cause = commit.cause_of(held.item.entry.step.number);
    if (std::exchange(first, false) && held.item.entry.step.number == commit.commit.span().first) {
      held.item.effect = CommitSummary{commit.record.translation, commit.holes(), commit.idle};
    }
    held.ready = true;
  }
}

void CommitLog::release(size_t most_left) {
  while (released_ < held_.size() &&
         (held_[released_].ready || held_.size() - released_ > most_left)) {
    LogItem& item = held_[released_++].item;
    if (item.is_call) {
      item.entry.step.call = &std::get<Call>(item.event);
      item.entry.step.update = &item.update;
    }
    emit_(item);
  }
  // What is left moves to the front: when it is little, or in batches.
  if (released_ == 0 || (2 * released_ < held_.size() && released_ < batch)) return;
  held_.erase(held_.begin(), held_.begin() + static_cast<ptrdiff_t>(released_));
  released_ = 0;
}

void CommitLog::add(const Event& event, const Step* step) {
  // Ends the commit before: its calls become ready, this one is not held yet.
  if (step) {
    Vm& owner = vm(step->call->vm);
    owner.puts_back.reset();
    owner.findings.add(*step);
    if (owner.commit != step->commit) owner.settled = false;
    owner.commit = step->commit;
    owner.state = &step->vm->state;
    owner.latest = step->call->time;
  } else if (const Annotation* annotation = std::get_if<Annotation>(&event)) {
    vm(annotation->vm).findings.note(*annotation);
  }
  const LogEntry* entry = log_.add(event, step);
  if (held_.size() == held_.capacity()) held_.reserve(std::min(2 * held_.size() + 64, most_places));
  Held& held = held_.emplace_back();
  held.item.event = event;
  held.ready = entry == nullptr;
  if (entry) {
    held.item.update = *step->update;
    held.item.entry = *entry;
    held.item.is_call = true;
    held.item.puts_back = vm(step->call->vm).puts_back;
  }
  release(most_held);
}

void CommitLog::settle(Nanos now) {
  for (auto& [id, vm] : vms_) {
    if (vm->settled || !vm->latest || now - *vm->latest < settled_after) continue;
    vm->findings.settle(*vm->state);
    vm->settled = true;
  }
  release(most_held);
}

void CommitLog::finish() {
  for (auto& [id, vm] : vms_) {
    if (vm->state) vm->findings.settle(*vm->state);
  }
  release(0);
}

}  // namespace slotscope
