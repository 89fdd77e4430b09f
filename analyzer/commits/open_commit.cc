#include "analyzer/commits/open_commit.h"

#include <algorithm>

#include "analyzer/base/mixed.h"

namespace slotscope {
namespace {

void add_time(std::optional<Nanos>& sum, std::optional<Nanos> time) {
  if (time) sum = sum.value_or(Nanos{0}) + *time;
}

}  // namespace

void OpenCommit::begin(const Step& step) {
  commit_ = step.commit;
  tid_ = step.call->tid;
  stack_ = step.call->stack;
  first_ = step.number;
}

void OpenCommit::clear() {
  calls_ = leading_ = 0;
  time_ = leading_time_ = std::nullopt;
  entries_.clear();
  sequence_.clear();
  hash_ = 0;
  own_.clear();
  if (kept_.size() > 1) kept_.clear();
}

// The memo keeps its transitions as long as it is asked to; others last until the next call only.
const Transition* OpenCommit::lasting(const Step& step) {
  const TransitionMemo* memo = step.vm->state.memo();
  if (!step.remembered) {
    own_.push_back(std::make_unique<const Transition>(*step.transition));
    return own_.back().get();
  }
  if (kept_.empty() || kept_.back() != memo->kept()) {
    if (sequence_.empty()) kept_.clear();
    kept_.push_back(memo->kept());
  }
  return step.transition;
}

void OpenCommit::add(const Step& step) {
  const Call& call = *step.call;
  ++calls_;
  last_ = step.number;
  add_time(time_, call.duration);
  if (!changes_slots(step.update->kind)) {
    ++(entries_.empty() ? leading_ : entries_.back().calls);
    add_time(entries_.empty() ? leading_time_ : entries_.back().duration, call.duration);
    return;
  }
  const Transition* made = lasting(step);
  sequence_.push_back(made);
  hash_ = mixed(hash_, reinterpret_cast<uintptr_t>(made));
  entries_.push_back({step.number, call.time, call.duration, call.stack});
  if (leading_ > 0) {
    entries_.back().calls += std::exchange(leading_, 0);
    add_time(entries_.back().duration, std::exchange(leading_time_, std::nullopt));
  }
}

CallIndex OpenCommit::entry_of(CallNumber call) const {
  const auto after =
      std::upper_bound(entries_.begin(), entries_.end(), call,
                       [](CallNumber number, const Entry& entry) { return number < entry.number; });
  return after == entries_.begin() ? 0 : static_cast<CallIndex>(after - entries_.begin() - 1);
}

CommitEffect OpenCommit::effect() const {
  size_t count = 0;
  for (const Transition* made : sequence_) {
    count += made->update.before.has_value() + made->update.after.has_value();
  }
  std::vector<Side> sides;
  sides.reserve(count);
  for (CallIndex i = 0; i < sequence_.size(); ++i) {
    const Update& update = sequence_[i]->update;
    const bool deleted = update.kind == UpdateKind::del || update.implicit_delete;
    if (update.before) sides.push_back({*update.before, i, update.kind, false, deleted});
    if (update.after) sides.push_back({*update.after, i, update.kind, true, false});
  }
  return CommitEffect(std::move(sides));
}

}  // namespace slotscope
