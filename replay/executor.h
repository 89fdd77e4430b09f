// Issues a plan's operations on fresh VMs and measures each. It knows nothing of traces
// or of what the numbers mean.
#pragma once

#include <atomic>

#include "analyzer/base/result.h"
#include "replay/clock.h"
#include "replay/data/replay_plan.h"
#include "replay/data/replay_result.h"
#include "replay/kvm.h"
#include "replay/replay_options.h"

namespace slotscope {

class Executor {
 public:
  // All outlive it. `stop` ends a run at the next operation; what was measured stands.
  Executor(Kvm& kvm, MonotonicClock& clock, const ReplayOptions& options,
           const std::atomic<bool>& stop)
      : kvm_(kvm), clock_(clock), options_(options), stop_(stop) {}

  Result<ReplayRun> run(const Plan& plan);

 private:
  Kvm& kvm_;
  MonotonicClock& clock_;
  const ReplayOptions& options_;
  const std::atomic<bool>& stop_;
};

}  // namespace slotscope
