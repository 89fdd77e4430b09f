#include "analyzer/findings/commit_changes.h"

#include <algorithm>

namespace slotscope {
namespace {

bool by_gpa(const SlotChange& a, const SlotChange& b) { return a.slot.gpa < b.slot.gpa; }

bool ascends(const std::vector<SlotChange>& changes, const Slot& next) {
  return changes.empty() || changes.back().slot.gpa <= next.gpa;
}

// One step in the life of a slot id during a commit.
struct Turn {
  const SlotChange* change;
  bool came;
};

bool by_id_and_time(const Turn& a, const Turn& b) {
  if (a.change->slot.id != b.change->slot.id) return a.change->slot.id < b.change->slot.id;
  if (a.change->call != b.change->call) return a.change->call < b.change->call;
  return a.came < b.came;
}

}  // namespace

void SpaceChanges::add(const Step& step) {
  const Update& update = *step.update;
  const UpdateKind kind = update.kind;
  if (kind == UpdateKind::no_change || kind == UpdateKind::rejected) return;
  const std::optional<Nanos> time = step.call->time;
  if (update.before) {
    mixed_ |= !come_.empty();
    ordered_ &= ascends(gone_, *update.before);
    const bool deleted = kind == UpdateKind::del || update.implicit_delete;
    gone_.push_back({*update.before, step.number, time, kind, deleted, step.call->stack});
  }
  if (update.after) {
    ordered_ &= ascends(come_, *update.after);
    come_.push_back({*update.after, step.number, time, kind, false, step.call->stack});
  }
}

void SpaceChanges::clear() {
  gone_.clear();
  come_.clear();
  mixed_ = settled_ = false;
  ordered_ = true;
}

// Slots that came and went again inside the commit are no part of its effect.
void SpaceChanges::cancel_within() {
  std::vector<Turn> turns;
  turns.reserve(size());
  for (const SlotChange& change : gone_) turns.push_back({&change, false});
  for (const SlotChange& change : come_) turns.push_back({&change, true});
  std::sort(turns.begin(), turns.end(), by_id_and_time);
  for (size_t first = 0; first < turns.size();) {
    size_t end = first;
    bool deleted = false, only_flags = true;
    for (; end < turns.size() && turns[end].change->slot.id == turns[first].change->slot.id;
         ++end) {
      deleted |= turns[end].change->deleted;
      only_flags &= turns[end].change->kind == UpdateKind::flags;
    }
    const auto keep = [&](const SlotChange& change, std::vector<SlotChange>& side,
                          UpdateKind effect) {
      side.push_back(change);
      if (change.kind == UpdateKind::flags && !only_flags) side.back().kind = effect;
    };
    if (!turns[first].came) {
      keep(*turns[first].change, before_, UpdateKind::del);
      before_.back().deleted = deleted;
    }
    if (turns[end - 1].came) keep(*turns[end - 1].change, after_, UpdateKind::create);
    first = end;
  }
}

void SpaceChanges::settle() {
  if (settled_ || (!mixed_ && ordered_)) return;
  before_.clear();
  after_.clear();
  if (mixed_) {
    cancel_within();
  } else {
    before_ = gone_;
    after_ = come_;
  }
  std::sort(before_.begin(), before_.end(), by_gpa);
  std::sort(after_.begin(), after_.end(), by_gpa);
  settled_ = true;
}

void CommitChanges::add(const Step& step) {
  const AsId as = step.call->as;
  SpaceChanges& space = as.value < near_.size() ? near_[as.value] : far_[as];
  if (size_ == 0 && calls_.first.value == 0) calls_.first = step.number;
  calls_.last = step.number;
  commit_ = step.commit;
  const size_t was = space.size();
  space.add(step);
  size_ += space.size() != was;
}

void CommitChanges::add_part(const SlotChange& change, bool came) {
  const AsId as = change.slot.as;
  SpaceChanges& space = as.value < near_.size() ? near_[as.value] : far_[as];
  came ? space.add_after(change) : space.add_before(change);
  if (size_++ == 0) calls_ = {change.call, change.call};
  calls_ = {std::min(calls_.first, change.call), std::max(calls_.last, change.call)};
}

void CommitChanges::settle() {
  for (SpaceChanges& space : near_) space.settle();
  for (auto& [as, space] : far_) space.settle();
}

const SlotChange* CommitChanges::only_change() const {
  if (size_ != 1 || !far_.empty()) return nullptr;
  for (const SpaceChanges& space : near_) {
    if (space.size() == 1)
      return space.gone().empty() ? &space.come().front() : &space.gone().front();
  }
  return nullptr;
}

void CommitChanges::clear() {
  for (SpaceChanges& space : near_) space.clear();
  if (!far_.empty()) far_.clear();
  calls_ = {};
  size_ = 0;
}

}  // namespace slotscope
