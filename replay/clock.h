// Time as an interface, so that tests have it in their hands.
#pragma once

#include "analyzer/base/units.h"

namespace slotscope {

class MonotonicClock {
 public:
  virtual ~MonotonicClock() = default;
  virtual Nanos now() = 0;
  virtual void sleep_until(Nanos time) = 0;
};

// CLOCK_MONOTONIC.
MonotonicClock& system_clock();

// What two readings around nothing are apart: the part of every sample that is not the ioctl.
Nanos clock_cost(MonotonicClock& clock);

}  // namespace slotscope
