// A trace without its redundant pairs: their slots stay where they are.
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/event/event.h"
#include "analyzer/model/kernel_profile.h"

namespace slotscope {

struct WithoutPairs {
  std::vector<Event> events;
  uint64_t pairs = 0;
};

// Other calls take other slot numbers where theirs are not free any more. Each is checked to do
// what it did before, so that the slots differ from the trace's by the pairs' own, no more. The
// events are of one VM and have no losses; commits become recorded ones.
Result<WithoutPairs> leave_out_pairs(const std::vector<Event>& events, bool faithful,
                                     const KernelProfile& kernel);

}  // namespace slotscope
