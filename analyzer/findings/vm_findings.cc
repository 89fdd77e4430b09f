#include "analyzer/findings/vm_findings.h"

#include <utility>

namespace slotscope {

std::vector<Hole> FinishedCommit::holes() const {
  std::vector<Hole> holes;
  for (const HoleShape& shape : record.holes) holes.push_back(hole_of(shape, commit, uncertain));
  return holes;
}

void VmFindingsBuilder::note(const Annotation& annotation) {
  classifier_.note(annotation);
  phases_.note(annotation);
}

void VmFindingsBuilder::add(const Step& step) {
  const VmState& vm = step.vm->state;
  if (step.commit != open_.commit() || open_.full()) {
    if (!open_.empty()) end_commit(vm, &step);
    open_.begin(step);
    classifier_.begin_commit();
  } else {
    classifier_.next_call();
  }
  const bool doubtful =
      vm.has_lost_events() || vm.learnt_slots() > 0 || step.update->verdict == Verdict::learnt;
  if (!uncertain_from_ && doubtful) {
    uncertain_from_ = step.number;
  }
  contradicted_ |= step.update->verdict == Verdict::disagrees;
  open_.add(step);
  pairs_.add(step, uncertain_from_.has_value());
  phases_.add(step);
}

// A commit of several causes: calls, time and bytes of each.
void VmFindingsBuilder::add_shares(const CommitCauses& causes) {
  std::vector<HoleShape> holes;
  for (const CommitCauses::Share& one : causes.shares()) {
    CausesBuilder::Share share;
    for (CallIndex i = 0; i < open_.entries().size(); ++i) {
      if (&causes.of(i) != &one.cause) continue;
      const OpenCommit::Entry& entry = open_.entries()[i];
      share.calls += entry.calls;
      if (entry.duration) share.time = share.time.value_or(Nanos{0}) + *entry.duration;
    }
    for (const CommitPart& part : one.parts) {
      if (part.undone) continue;
      const TranslationDiff diff = compare_translation(part.effect, holes);
      share.translation.torn_down += diff.torn_down;
      share.translation.collateral += diff.collateral;
    }
    causes_.add(one.cause, share);
  }
}

void VmFindingsBuilder::add_causes(const CommitRecord& record, const CommitCauses& causes) {
  if (!causes.shares().empty()) return add_shares(causes);
  causes_.add(
      causes.of(0),
      {.calls = open_.calls(), .time = open_.time_in_calls(), .translation = record.translation});
}

void VmFindingsBuilder::add_idle(const IdleEffect& idle, const CommitCauses& causes) {
  for (const IdleShare& share : idle.shares) {
    Bytes bytes = share.bytes;  // of its first call's cause
    for (const CallIndex call : share.calls) {
      causes_.add_idle_call(causes.of(call), std::exchange(bytes, Bytes{0}));
    }
  }
  idle_.add(open_, idle, causes.of(idle.shares.front().calls.front()).rule->cause);
}

void VmFindingsBuilder::end_commit(const VmState& vm, const Step* next) {
  CommitRecord& record = records_.of(open_);
  const bool uncertain = uncertain_from_.has_value();
  for (const HoleShape& hole : record.holes) holes_.add(hole, open_, uncertain);
  mirrors_.add(open_, record.mirrors, uncertain);
  collateral_.add(open_, record.translation, uncertain);
  minimal_calls_ += record.minimal_calls;
  const std::shared_ptr<const CommitCauses> causes =
      classifier_.classify(record.effect, open_, vm, record.causes);
  add_causes(record, *causes);
  const bool certain = !uncertain && !contradicted_;
  if (certain) {
    slots_needed_.add(record.needed, vm, next);
    if (!record.idle.shares.empty()) add_idle(record.idle, *causes);
  }
  if (on_commit_) on_commit_({open_, record, *causes, uncertain, certain && record.idle.whole});
  records_.done();
  open_.clear();
}

void VmFindingsBuilder::settle(const VmState& vm) {
  if (!open_.empty()) end_commit(vm, nullptr);
}

VmFindings VmFindingsBuilder::finish(const VmState& vm) {
  settle(vm);
  uint64_t slots = 0;
  std::vector<SpaceShape> shapes;
  for (const auto& space : vm.address_spaces()) {
    slots += space->slots.count();
    SpaceShape shape = shape_of(space->id, space->slots);
    if (shape.is_remarkable()) shapes.push_back(std::move(shape));
  }
  return {.pairs = pairs_.finish(),
          .mirrors = mirrors_.finish(),
          .holes = holes_.finish(),
          .collateral = collateral_.finish(),
          .minimal = {.per_commit = minimal_calls_, .floor = slots},
          .idle = idle_.finish(),
          .slots_needed = slots_needed_.finish(vm),
          .shapes = std::move(shapes),
          .causes = causes_.finish(),
          .phases = phases_.finish(),
          .uncertain_from = uncertain_from_};
}

}  // namespace slotscope
