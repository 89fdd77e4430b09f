// The same slots with fewer calls, as a trace of its own, proven by the model.
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/event/event.h"
#include "analyzer/model/kernel_profile.h"

namespace slotscope {

enum class OptimizeLevel : uint8_t {
  commit,  // the same slots after every commit
  lazy,    // also leaves redundant pairs out: a slot stays while the trace has it away
  final,   // only the slots of the end
};

struct Optimized {
  std::vector<Event> events;
  uint64_t calls_before = 0, calls_after = 0;
  uint64_t no_effect = 0;         // calls that were rejected or changed nothing, left out
  uint64_t pairs_left_out = 0;    // of level lazy
  uint64_t boundaries = 0;        // commits after which the model compared the slots, each equal
  bool commits_recorded = false;  // else they were inferred, and the events are not marked
};

// `events` are of one VM. An error when the trace does not show everything (a loss, slots from
// before it, results that contradict KVM's rules), so that nothing can be proven.
Result<Optimized> optimize(const std::vector<Event>& events, bool faithful,
                           const KernelProfile& kernel, OptimizeLevel level);

}  // namespace slotscope
