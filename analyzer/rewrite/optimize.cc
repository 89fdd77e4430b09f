#include "analyzer/rewrite/optimize.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analyzer/commits/open_commit.h"
#include "analyzer/rewrite/leave_out_pairs.h"
#include "analyzer/rewrite/slot_steps.h"

namespace slotscope {
namespace {

Diagnostic unprovable(std::string why) {
  return {
      .message = std::move(why),
      .advice = "an equivalent trace can be proven only where all calls are seen and make sense"};
}

// What is left of an address space, compared without walking it.
struct Size {
  size_t slots = 0;
  Bytes mapped;
  bool operator==(const Size&) const = default;
};

Size size_of(const VmState& vm, AsId as) {
  const AddressSpace* space = vm.address_space(as);
  return space ? Size{space->slots.count(), space->slots.mapped()} : Size{};
}

std::vector<Slot> slots_of(std::span<const Side> sides) {
  std::vector<Slot> slots;
  for (const Side& side : sides) slots.push_back(side.slot);
  return slots;
}

// The call of the trace that did what `step` does.
CallIndex origin_of(const SlotStep& step, const SpaceEffect& space) {
  const auto& sides = step.kind == UpdateKind::del ? space.before : space.after;
  return std::lower_bound(sides.begin(), sides.end(), step.slot.gpa,
                          [](const Side& side, Gpa gpa) { return side.slot.gpa < gpa; })
      ->call;
}

class Optimizer {
 public:
  Optimizer(bool faithful, const KernelProfile& kernel, OptimizeLevel level)
      : level_(level), real_(kernel, faithful), made_(kernel, true) {}

  Result<Optimized> run(const std::vector<Event>& events) {
    for (const Event& event : events) {
      if (Status done = add(event); !done) return std::move(done).error();
    }
    if (Status done = end_commit(); !done) return std::move(done).error();
    result_.events.insert(result_.events.end(), waiting_.begin(), waiting_.end());
    const auto vm = real_.vms().find(vm_);
    result_.commits_recorded = vm != real_.vms().end() && vm->second->commits.recorded();
    return std::move(result_);
  }

 private:
  Status add(const Event& event);
  Status add_call(const Event& event);  // of a traced call
  Status check_step(const Step& step) const;
  Status end_commit();
  Status emit(const SlotStep& wanted, CallNumber origin);
  Status check_boundary(const CommitEffect& effect) const;

  OptimizeLevel level_;
  Model real_, made_;  // the slots of the trace and those of its replacement
  VmId vm_{0};
  Optimized result_;

  OpenCommit open_;
  CommitId commit_;
  std::map<CallNumber, Call> calls_;  // of the open commit
  std::vector<Event> waiting_;        // events since the last call
  std::map<AsId, Size> sizes_;        // of the trace's address spaces after the open commit
};

Status Optimizer::check_step(const Step& step) const {
  const VmState& vm = step.vm->state;
  if (vm.learnt_slots() > 0 || step.update->verdict == Verdict::learnt) {
    return unprovable(
        fmt::format("call {} needs a slot that the trace does not show", step.number.value));
  }
  if (step.update->verdict == Verdict::disagrees) {
    return unprovable(fmt::format("call {} does not have the result that KVM's rules predict",
                                  step.number.value));
  }
  return ok();
}

Status Optimizer::add_call(const Event& event) {
  const Step* step = real_.apply(event);
  const Call& call = *step->call;
  if (Status fine = check_step(*step); !fine) return fine;
  const bool same =
      level_ == OptimizeLevel::final ? result_.calls_before > 0 : step->commit == commit_;
  if (!same) {
    if (Status done = end_commit(); !done) return done;
    commit_ = step->commit;
  }
  result_.events.insert(result_.events.end(), waiting_.begin(), waiting_.end());
  waiting_.clear();
  ++result_.calls_before;
  const size_t effective = changes_slots(step->update->kind);
  result_.no_effect += !effective;
  sizes_[call.as] = size_of(step->vm->state, call.as);
  if (!effective) return ok();
  calls_.emplace(step->number, call);
  open_.add(*step);
  return ok();
}

Status Optimizer::add(const Event& event) {
  const VmId vm = std::visit([](const auto& alternative) { return alternative.vm; }, event);
  const Call* call = std::get_if<Call>(&event);
  if (call) {
    if (vm_.value != 0 && vm != vm_) {
      return Diagnostic{.fault = Fault::usage,
                        .message = "the trace has several VMs",
                        .advice = "choose one with --vm N"};
    }
    vm_ = vm;
    if (call->origin == Origin::traced) return add_call(event);
  }
  if (std::holds_alternative<Loss>(event)) return unprovable("the trace has losses");
  real_.apply(event);
  made_.apply(event);
  // A snapshot belongs to the start; all else to the commit that comes next.
  (call ? result_.events : waiting_).push_back(event);
  return ok();
}

Status Optimizer::emit(const SlotStep& wanted, CallNumber origin) {
  Call call = calls_.at(origin);
  call.payload = {};  // it may say something else now
  const bool as_it_was = wanted.kind == UpdateKind::create || wanted.kind == UpdateKind::del;
  if (!as_it_was) call.duration.reset();
  call.slot = wanted.slot.id;
  call.gpa = wanted.slot.gpa;
  call.hva = wanted.slot.hva;
  call.size = wanted.kind == UpdateKind::del ? Bytes{0} : wanted.slot.size;
  call.flags = wanted.kind == UpdateKind::del ? 0 : wanted.slot.flags;
  call.commit = commit_;
  call.ret = 0;
  const Step* step = made_.apply(call);
  if (step->update->predicted != 0 || step->update->kind != wanted.kind) {
    return unprovable(
        fmt::format("the replacement of call {} would not do the same", origin.value));
  }
  result_.events.push_back(call);
  ++result_.calls_after;
  return ok();
}

// The same slots after the commit: counts and sums are equal, and what the commit brought is there.
Status Optimizer::check_boundary(const CommitEffect& effect) const {
  const VmState& made = made_.vms().at(vm_)->state;
  bool equal = true;
  for (const auto& [as, size] : sizes_) {
    equal &= size_of(made, as) == size;
  }
  for (const SpaceEffect& space : effect.spaces()) {
    const AddressSpace* there = made.address_space(space.as);
    for (const Side& came : space.after) {
      const Slot* slot = there ? there->slots.overlapping(came.slot.range()) : nullptr;
      equal &= slot && slot->identical(came.slot);
    }
  }
  if (equal) return ok();
  return unprovable(fmt::format("the replacement differs after commit {}", commit_.value));
}

Status Optimizer::end_commit() {
  if (commit_.value == 0) return ok();
  const CommitEffect effect = open_.effect();
  Status done = ok();
  for (const SpaceEffect& space : effect.spaces()) {
    static const SlotMap nothing;
    const auto made = made_.vms().find(vm_);
    const AddressSpace* now =
        made == made_.vms().end() ? nullptr : made->second->state.address_space(space.as);
    for (const SlotStep& step :
         slot_steps(slots_of(space.before), slots_of(space.after), now ? now->slots : nothing)) {
      if (done) done = emit(step, open_.entries()[origin_of(step, space)].number);
    }
  }
  if (done && made_.vms().count(vm_)) {
    done = check_boundary(effect);
    ++result_.boundaries;
  }
  open_.clear();
  calls_.clear();
  return done;
}

void unmark_commits(std::vector<Event>& events) {
  std::erase_if(events,
                [](const Event& event) { return std::holds_alternative<CommitMark>(event); });
  for (Event& event : events) {
    if (Call* call = std::get_if<Call>(&event)) call->commit = {};
  }
}

Result<Optimized> at_level(const std::vector<Event>& events, bool faithful,
                           const KernelProfile& kernel, OptimizeLevel level) {
  // Every level begins by asking whether the trace can be followed at all.
  Result<Optimized> result = Optimizer(faithful, kernel, level).run(events);
  if (!result || level != OptimizeLevel::lazy) return result;
  Result<WithoutPairs> without = leave_out_pairs(events, faithful, kernel);
  if (!without) return std::move(without).error();
  Result<Optimized> lazy = Optimizer(faithful, kernel, level).run((*without).events);
  if (!lazy) return lazy;
  (*lazy).calls_before = (*result).calls_before;
  (*lazy).no_effect = (*result).no_effect;
  (*lazy).pairs_left_out = (*without).pairs;
  (*lazy).commits_recorded = (*result).commits_recorded;
  return lazy;
}

}  // namespace

Result<Optimized> optimize(const std::vector<Event>& events, bool faithful,
                           const KernelProfile& kernel, OptimizeLevel level) {
  Result<Optimized> result = at_level(events, faithful, kernel, level);
  // No transaction of the VMM made what stands between the ends; and inferred boundaries are for
  // whoever reads the trace to infer again.
  const bool marked = result && (*result).commits_recorded && level != OptimizeLevel::final;
  if (result && !marked) unmark_commits((*result).events);
  return result;
}

}  // namespace slotscope
