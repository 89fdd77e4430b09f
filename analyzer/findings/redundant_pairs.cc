#include "analyzer/findings/redundant_pairs.h"

namespace slotscope {
namespace {

// Above every slot: it keeps the order from becoming empty, which costs an allocation each time.
constexpr Gpa sentinel{UINT64_MAX};

}  // namespace

void RedundantPairsBuilder::Waiting::insert(Gpa gpa, SlotHistories::Ref history) {
  if (order_.begin() == order_.end()) order_.insert(sentinel, SlotHistories::none);
  order_.insert(gpa, history);
}

SlotHistories::Ref RedundantPairsBuilder::Waiting::overlapping(GpaRange range,
                                                               SlotHistories& histories) const {
  if (order_.begin() == order_.end()) return SlotHistories::none;
  const GpaOrder::Position at = order_.lower_bound(range.begin);
  if (at != order_.begin()) {
    const SlotHistories::Ref below = order_[order_.previous(at)].index;
    if (histories[below].slot.range().overlaps(range)) return below;
  }
  return order_[at].gpa < range.end ? order_[at].index : SlotHistories::none;
}

void RedundantPairsBuilder::touched(AsId as, GpaRange range) {
  Waiting& waiting = this->waiting(as);
  while (true) {
    const SlotHistories::Ref ref = waiting.overlapping(range, histories_);
    if (ref == SlotHistories::none) return;
    histories_[ref].state = State::used;
    waiting.erase(histories_[ref].slot.gpa);
  }
}

void RedundantPairsBuilder::offer(LargestFlapping& into, const SlotHistory& history) {
  Flapping flapping{.slot = history.slot,
                    .calls = history.calls,
                    .redundant = history.redundant,
                    .restored = history.restored,
                    .uncertain = history.uncertain};
  const std::optional<Nanos> span = between(history.first_at, history.deleted_at);
  if (span && history.deletes > 1) {
    flapping.period = Nanos{span->value / static_cast<int64_t>(history.deletes - 1)};
  }
  into.offer(flapping);
}

void RedundantPairsBuilder::forget(const SlotHistory& history) {
  if (history.state == State::waiting) waiting(history.slot.as).erase(history.slot.gpa);
  totals_.forgotten += history.state != State::live;
  if (history.round_trips() >= 2) {
    ++totals_.flapping;
    offer(forgotten_flapping_, history);
  }
}

void RedundantPairsBuilder::deleted(const Slot& slot, const Step& step, bool uncertain) {
  const SlotHistories::Ref ref =
      histories_.find_or_add(slot, [this](const SlotHistory& history) { forget(history); });
  SlotHistory& history = histories_[ref];
  // Deleted twice without a create that the trace shows, as after a second snapshot.
  if (history.state == State::waiting) waiting(slot.as).erase(slot.gpa);
  if (history.deletes++ == 0) {
    history.calls = {step.number, step.number};
    history.first_at = step.call->time;
  }
  history.deleted_by = step.number;
  history.deleted_at = step.call->time;
  history.uncertain |= uncertain;
  // A slot that this trace never showed may lie over waiting ones.
  touched(slot.as, slot.range());
  history.state = State::waiting;
  waiting(slot.as).insert(slot.gpa, ref);
}

void RedundantPairsBuilder::came_back(SlotHistory& history, const Step& step, bool uncertain) {
  const SlotPair pair{.slot = history.slot,
                      .calls = {history.deleted_by, step.number},
                      .away = between(history.deleted_at, step.call->time),
                      .uncertain = uncertain};
  if (history.state == State::waiting) {
    ++totals_.redundant;
    ++history.redundant;
    totals_.redundant_bytes += history.slot.size;
    redundant_.offer(pair);
  } else {
    ++totals_.restored;
    ++history.restored;
    restored_.offer(pair);
  }
  if (on_pair_) {
    on_pair_(history.state == State::waiting ? PairKind::redundant : PairKind::restored, pair);
  }
  history.calls.last = step.number;
  history.state = State::live;
}

void RedundantPairsBuilder::created(const Slot& slot, const Step& step, bool uncertain) {
  const SlotHistories::Ref ref = histories_.find(slot);
  if (ref == SlotHistories::none || histories_[ref].state == State::live) {
    touched(slot.as, slot.range());
    return;
  }
  SlotHistory& history = histories_[ref];
  if (history.state == State::waiting) {
    waiting(slot.as).erase(slot.gpa);  // the only one that overlaps: waiting slots are disjoint
  } else {
    touched(slot.as, slot.range());
  }
  came_back(history, step, uncertain);
}

void RedundantPairsBuilder::add(const Step& step, bool uncertain) {
  const Update& update = *step.update;
  switch (update.kind) {
    case UpdateKind::del:
      if (update.before) deleted(*update.before, step, uncertain);
      break;
    case UpdateKind::create:
      created(*update.after, step, uncertain);
      break;
    case UpdateKind::move:
      touched(update.after->as, update.after->range());
      break;
    case UpdateKind::flags:
    case UpdateKind::no_change:
    case UpdateKind::rejected:
      break;
  }
}

PairFindings RedundantPairsBuilder::finish() const {
  PairFindings findings = totals_;
  LargestFlapping flapping = forgotten_flapping_;
  histories_.for_each([&](const SlotHistory& history) {
    if (history.round_trips() < 2) return;
    ++findings.flapping;
    offer(flapping, history);
  });
  findings.largest_redundant = redundant_.sorted();
  findings.largest_restored = restored_.sorted();
  findings.most_flapping = flapping.sorted();
  return findings;
}

}  // namespace slotscope
