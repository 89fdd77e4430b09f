#include "analyzer/findings/phases.h"

#include <algorithm>
#include <limits>

namespace slotscope {

KindPhases& PhasesBuilder::of(UpdateKind kind) {
  constexpr size_t kinds = static_cast<size_t>(UpdateKind::rejected) + 1;
  if (kinds_.empty()) kinds_.resize(kinds);
  KindPhases& entry = kinds_[static_cast<size_t>(kind)];
  entry.kind = kind;
  return entry;
}

void PhasesBuilder::add(const Step& step) {
  latest_ = {step.update->kind, step.call->tid, step.call->duration};
}

void PhasesBuilder::add_phases(const CallPhases& phases) {
  constexpr uint32_t most = std::numeric_limits<uint16_t>::max();
  KindPhases& sum = of(latest_->kind);
  ++sum.calls;
  sum.inside += latest_->duration.value_or(Nanos{0});
  for (size_t i = 0; i < phase_count; ++i) {
    CallPhases::One& one = sum.phases.of[i];
    one.measured = one.measured || phases.of[i].measured;
    one.time += phases.of[i].time;
    one.times = static_cast<uint16_t>(std::min<uint32_t>(most, one.times + phases.of[i].times));
  }
}

void PhasesBuilder::note(const Annotation& annotation) {
  if (!latest_) return;
  if (const auto* phases = std::get_if<CallPhases>(&annotation.note)) {
    // Another thread's call may have returned between a call and its phases.
    if (annotation.tid != latest_->tid) return;
    add_phases(*phases);
    any_ = true;
  } else if (const auto* cost = std::get_if<GuestCost>(&annotation.note)) {
    GuestCost& then = of(latest_->kind).then;
    then.page_faults = saturating_sum(then.page_faults, cost->page_faults);
    then.mmio_exits = saturating_sum(then.mmio_exits, cost->mmio_exits);
    any_ = true;
  }
}

PhaseFindings PhasesBuilder::finish() const {
  PhaseFindings findings;
  if (!any_) return findings;
  for (const KindPhases& kind : kinds_) {
    if (kind.calls > 0 || kind.then != GuestCost{}) findings.kinds.push_back(kind);
  }
  return findings;
}

}  // namespace slotscope
