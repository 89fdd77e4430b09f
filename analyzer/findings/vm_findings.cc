#include "analyzer/findings/vm_findings.h"

#include <utility>

namespace slotscope {

void VmFindingsBuilder::begin_commit(const Step& step) {
  commit_ = step.commit;
  tid_ = step.call->tid;
  stack_ = step.call->stack;
  classifier_.begin_commit();
}

void VmFindingsBuilder::note(const Annotation& annotation) {
  classifier_.note(annotation);
  phases_.note(annotation);
}

void VmFindingsBuilder::add(const Step& step) {
  const VmState& vm = step.vm->state;
  if (step.commit != commit_ || changes_.size() >= CommitChanges::longest) {
    if (share_.calls > 0) end_commit(vm);
    begin_commit(step);
  } else {
    classifier_.next_call();
  }
  const bool doubtful =
      vm.has_lost_events() || vm.learnt_slots() > 0 || step.update->verdict == Verdict::learnt;
  if (!uncertain_from_ && doubtful) {
    uncertain_from_ = step.number;
  }
  const size_t changes_before = changes_.size();
  changes_.add(step);
  ++share_.calls;
  add_time(step, changes_.size() > changes_before);
  if (step.call->duration) share_.time = share_.time.value_or(Nanos{0}) + *step.call->duration;
  pairs_.add(step, uncertain_from_.has_value());
  phases_.add(step);
}

void VmFindingsBuilder::add_time(const Step& step, bool changed) {
  if (changed || times_.empty()) times_.push_back({.call = step.number});
  CallTime& time = times_.back();
  ++time.calls;
  if (step.call->duration) time.duration = time.duration.value_or(Nanos{0}) + *step.call->duration;
}

// Findings about the commit as a whole.
void VmFindingsBuilder::look_at_changes() {
  const bool uncertain = uncertain_from_.has_value();
  changes_.settle();
  changes_.for_each_space([&](AsId, const SpaceChanges& space) {
    const TranslationDiff diff = compare_translation(space, commit_, commit_holes_);
    share_.translation.changed += diff.changed;
    share_.translation.collateral += diff.collateral;
    share_.translation.torn_down += diff.torn_down;
  });
  for (Hole& hole : commit_holes_) {
    hole.uncertain = uncertain;
    holes_.add(hole);
  }
  mirrors_.add(changes_, uncertain);
  minimal_.add(changes_);
}

void VmFindingsBuilder::add_shares(const CommitCauses& causes) {
  std::vector<Hole> holes;
  for (const CommitCauses::Share& one : causes.shares()) {
    CausesBuilder::Share share;
    for (const CallTime& time : times_) {
      if (&causes.of(time.call) != &one.cause) continue;
      share.calls += time.calls;
      if (time.duration) share.time = share.time.value_or(Nanos{0}) + *time.duration;
    }
    for (const CommitPart& part : one.parts) {
      if (part.undone) continue;
      part.changes.for_each_space([&](AsId, const SpaceChanges& space) {
        const TranslationDiff diff = compare_translation(space, commit_, holes);
        share.translation.torn_down += diff.torn_down;
        share.translation.collateral += diff.collateral;
      });
    }
    causes_.add(one.cause, share);
  }
}

void VmFindingsBuilder::end_commit(const VmState& vm) {
  commit_holes_.clear();
  if (const SlotChange* only = changes_.only_change()) {
    // Most commits: nothing comes back, nothing is repeated.
    share_.translation.changed = only->slot.size;
    if (only->deleted) share_.translation.torn_down = only->slot.size;
    minimal_.add_only_change();
  } else {
    look_at_changes();
  }
  collateral_.add(changes_, share_.translation, uncertain_from_.has_value());
  const CommitCauses causes =
      classifier_.classify(changes_, vm, {.tid = tid_, .stack = stack_, .stacks = stacks_.get()});
  if (causes.shares().empty()) {
    causes_.add(causes.of(changes_.calls().first), share_);
  } else {
    add_shares(causes);
  }
  if (on_commit_) {
    on_commit_({changes_, causes, share_.translation, commit_holes_, share_.calls});
  }
  times_.clear();
  share_ = {};
  changes_.clear();
}

void VmFindingsBuilder::settle(const VmState& vm) {
  if (share_.calls > 0) end_commit(vm);
}

VmFindings VmFindingsBuilder::finish(const VmState& vm) {
  settle(vm);
  uint64_t slots = 0;
  for (const auto& space : vm.address_spaces()) slots += space->slots.count();
  return {.pairs = pairs_.finish(),
          .mirrors = mirrors_.finish(),
          .holes = holes_.finish(),
          .collateral = collateral_.finish(),
          .minimal = minimal_.finish(slots),
          .causes = causes_.finish(),
          .phases = phases_.finish(),
          .uncertain_from = uncertain_from_};
}

}  // namespace slotscope
