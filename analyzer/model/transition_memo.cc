#include "analyzer/model/transition_memo.h"

#include <utility>

namespace slotscope {

void TransitionMemo::grow() {
  std::vector<Line> old(2 * lines_.size());
  old.swap(lines_);
  for (size_t i = 0; i < old.size(); ++i) {
    if (!old[i].transition) continue;
    const std::optional<Slot>& met = old[i].transition->update.before;
    const size_t at = place(PayloadId{old[i].payload}, met ? &*met : nullptr);
    lines_[at + (lines_[at].transition != nullptr)] = old[i];
  }
}

const Transition* TransitionMemo::keep(PayloadId payload, const Transition& transition) {
  if (kept_->size() == most_kept) {
    kept_ = std::make_shared<Kept>();
    lines_.assign(lines_.size(), {});
  }
  if (kept_->size() * 4 >= lines_.size() && lines_.size() < most_lines) grow();
  kept_->push_back(transition);
  const std::optional<Slot>& met = transition.update.before;
  const size_t at = place(payload, met ? &*met : nullptr);
  lines_[at + 1] = std::exchange(lines_[at], {payload.value, &kept_->back()});
  return lines_[at].transition;
}

}  // namespace slotscope
