#include "tests/kvm/conformance_shrink.h"

#include <algorithm>

namespace slotscope::conformance {
namespace {

// Drops parts, half of the calls at a time down to one at a time, until nothing more can go.
bool drop_calls(Attempts& attempts, const Fails& fails) {
  bool any = false;
  for (size_t size = std::max<size_t>(1, attempts.size() / 2);; size = (size + 1) / 2) {
    bool dropped = false;
    for (size_t from = 0; from < attempts.size();) {
      Attempts fewer = attempts;
      const auto begin = fewer.begin() + static_cast<std::ptrdiff_t>(from);
      const size_t count = std::min(size, fewer.size() - from);
      fewer.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
      if (!fewer.empty() && fails(fewer)) {
        attempts = std::move(fewer);
        dropped = any = true;
      } else {
        from += count;
      }
    }
    if (size == 1 && !dropped) return any;
  }
}

// Each makes a call plainer, or leaves it as it is.
constexpr void (*simplifications[])(Attempt&) = {
    [](Attempt& attempt) {
      if (!(attempt.call.flags & slot_flag::guest_memfd)) attempt.region2 = false;
    },
    [](Attempt& attempt) { attempt.call.flags = 0; },
    [](Attempt& attempt) { attempt.call.flags &= ~slot_flag::log_dirty; },
    [](Attempt& attempt) { attempt.call.as = AsId{0}; },
    [](Attempt& attempt) { attempt.call.slot = SlotId{0}; },
    [](Attempt& attempt) { attempt.call.gpa = Gpa{0}; },
    [](Attempt& attempt) { attempt.call.hva = Hva{0x10000000}; },
    [](Attempt& attempt) {
      if (attempt.call.size.value != 0) attempt.call.size = Bytes{page};
    },
    [](Attempt& attempt) { attempt.call.guest_memfd_offset = Bytes{0}; },
    [](Attempt& attempt) { attempt.memfd = Memfd::own; },
};

bool simplify_calls(Attempts& attempts, const Fails& fails) {
  bool any = false;
  for (size_t i = 0; i < attempts.size(); ++i) {
    for (const auto simplify : simplifications) {
      Attempts plainer = attempts;
      simplify(plainer[i]);
      if (plainer == attempts || !fails(plainer)) continue;
      attempts = std::move(plainer);
      any = true;
    }
  }
  return any;
}

}  // namespace

Attempts shrink(Attempts attempts, const Fails& fails) {
  drop_calls(attempts, fails);
  // Plainer calls may make others superfluous; simplifying never undoes itself, so this ends.
  while (simplify_calls(attempts, fails) && drop_calls(attempts, fails)) {
  }
  return attempts;
}

}  // namespace slotscope::conformance
