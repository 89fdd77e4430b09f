// The transitions that calls of one VM have made, by what the call says and the slot that it met. A
// boot says the same few things again and again.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "analyzer/base/mixed.h"
#include "analyzer/event/call.h"
#include "analyzer/model/transition.h"

namespace slotscope {

class TransitionMemo {
 public:
  using Kept = std::deque<Transition>;  // never moved

  // What `payload` did when the slot of its id was `old` (nullptr: none); nullptr when not known.
  const Transition* find(PayloadId payload, const Slot* old) const {
    const size_t at = place(payload, old);
    for (const Line* line : {&lines_[at], &lines_[at + 1]}) {
      if (line->payload == payload.value && line->transition &&
          meets(line->transition->update, old)) {
        return line->transition;
      }
    }
    return nullptr;
  }

  // May forget another one. The answer stays valid as long as somebody holds kept().
  const Transition* keep(PayloadId payload, const Transition& transition);

  // All that find() can answer; another one when so many were kept that all had to be forgotten.
  const std::shared_ptr<Kept>& kept() const { return kept_; }

 private:
  // Two lines for each place, the newer in front. One text can meet many slots: a delete of slot 0
  // says nothing about how large it is.
  struct Line {
    uint32_t payload = 0;
    const Transition* transition = nullptr;
  };

  static constexpr size_t first_lines = 128, most_lines = 1 << 13, most_kept = 1 << 12;

  static bool meets(const Update& update, const Slot* old) {
    return update.before ? old && *old == *update.before : !old;
  }
  size_t place(PayloadId payload, const Slot* old) const {
    const uint64_t met = old ? mixed(old->size.value, old->hva.value) : 0;
    return 2 * (mixed(met, payload.value) & (lines_.size() / 2 - 1));
  }
  void grow();

  std::vector<Line> lines_ = std::vector<Line>(first_lines);
  std::shared_ptr<Kept> kept_ = std::make_shared<Kept>();
};

}  // namespace slotscope
