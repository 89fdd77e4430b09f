#include "analyzer/views/commit_log.h"

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

// Calls that came to a commit after its cause was told get none: a part of it would be a guess.
void CommitLog::commit_ended(VmId vm, const FinishedCommit& commit) {
  const bool told = vms_[vm]->settled;
  bool first = !told;
  for (Held& held : held_) {
    const Call* call = std::get_if<Call>(&held.item.event);
    if (held.ready || !call || call->vm != vm) continue;
    if (!told) held.item.cause = commit.cause_of(held.item.entry.step.number);
    if (std::exchange(first, false) && held.item.entry.step.number == commit.commit.span().first) {
      held.item.effect = CommitSummary{commit.record.translation, commit.holes()};
    }
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
  Held held;
  held.item.event = event;
  held.ready = entry == nullptr;
  if (entry) {
    held.item.update = *step->update;
    held.item.entry = *entry;
    held.item.is_call = true;
    held.item.puts_back = vm(step->call->vm).puts_back;
  }
  held_.push_back(std::move(held));
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
