#include "analyzer/findings/totals.h"

#include <algorithm>

namespace slotscope {
namespace {

// Threads write their lines a little out of order; more than that is a clock that was set back, as
// QEMU's (gettimeofday) can be.
constexpr Nanos out_of_order{100'000'000};

}  // namespace

uint64_t& count_of(UpdateCounts& counts, UpdateKind kind) {
  switch (kind) {
    case UpdateKind::create:
      return counts.create;
    case UpdateKind::del:
      return counts.del;
    case UpdateKind::move:
      return counts.move;
    case UpdateKind::flags:
      return counts.flags;
    case UpdateKind::no_change:
      return counts.no_change;
    case UpdateKind::rejected:
      break;
  }
  return counts.rejected;
}

SpaceTotals& TotalsBuilder::space_of(const Step& step) {
  if (step.space != latest_) {
    latest_ = step.space;
    latest_vm_ = &vms_[step.call->vm];
    latest_space_ = &latest_vm_->spaces[step.call->as];
  }
  return *latest_space_;
}

void TotalsBuilder::add_call(const Step& step) {
  SpaceTotals& space = space_of(step);
  OpenVm& vm = *latest_vm_;
  const Call& call = *step.call;
  ++totals_.calls;
  ++vm.totals.calls;
  ++space.calls;
  ++count_of(space.updates, step.update->kind);
  space.updates.implicit_delete += step.update->implicit_delete;
  space.slots_peak = std::max<uint64_t>(space.slots_peak, step.space->slots.count());
  space.metadata_peak = std::max(space.metadata_peak, step.space->metadata);
  if (call.duration) space.time_in_calls = space.time_in_calls.value_or(Nanos{0}) + *call.duration;
  if (call.time) {
    if (!totals_.first) totals_.first = call.time;
    if (totals_.last && *totals_.last - *call.time > out_of_order && !totals_.clock_step) {
      totals_.clock_step = step.number;
    }
    totals_.last = call.time;
  }
  if (vm.totals.pid.value == 0) vm.totals.pid = call.pid;
  vm.totals.last_call = step.number;
  if (step.update->kind == UpdateKind::rejected) {
    ++vm.totals.rejected;
    if (!vm.totals.first_rejected) {
      vm.totals.first_rejected = {step.number, call.ret, call.slot, call.gpa, call.size};
    }
  }
  if (changes_slots(step.update->kind) && vm.counted != step.commit) {
    vm.counted = step.commit;
    ++vm.totals.commits;
  }
  if (step.update->verdict == Verdict::disagrees) {
    ++vm.totals.disagreements;
    if (vm.totals.first_disagreements.size() < VmTotals::shown_disagreements) {
      vm.totals.first_disagreements.push_back({step.number, call.ret, step.update->predicted});
    }
  }
}

void TotalsBuilder::add_loss(const Loss& loss) {
  const uint64_t events = std::max<uint64_t>(loss.count, 1);
  uint64_t& of_reason = totals_.lost.by_reason[static_cast<size_t>(loss.reason)];
  totals_.lost.events = saturating_sum(totals_.lost.events, events);
  of_reason = saturating_sum(of_reason, events);
  if (!totals_.lost.first_after) totals_.lost.first_after = CallNumber{totals_.calls};
}

void TotalsBuilder::add(const Event& event, const Step* step) {
  if (step) {
    add_call(*step);
  } else if (const Loss* loss = std::get_if<Loss>(&event)) {
    add_loss(*loss);
  }
}

Totals TotalsBuilder::finish(const Model& model) {
  for (auto& [id, open] : vms_) {
    const TrackedVm& tracked = *model.vms().at(id);
    open.totals.vm = id;
    open.totals.commits_recorded = tracked.commits.recorded();
    open.totals.learnt_slots = tracked.state.learnt_slots();
    for (auto& [as, space] : open.spaces) {
      const AddressSpace& state = *tracked.state.address_space(as);
      space.as = as;
      space.slots_final = state.slots.count();
      space.mapped_final = state.slots.mapped();
      open.totals.spaces.push_back(space);
    }
    totals_.vms.push_back(std::move(open.totals));
  }
  return std::move(totals_);
}

}  // namespace slotscope
