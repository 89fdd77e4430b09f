#include "replay/clock.h"

#include <algorithm>
#include <ctime>
#include <vector>

namespace slotscope {
namespace {

class SystemClock : public MonotonicClock {
 public:
  Nanos now() override {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return {time.tv_sec * int64_t{1'000'000'000} + time.tv_nsec};
  }

  void sleep_until(Nanos time) override {
    const timespec until{.tv_sec = time.value / 1'000'000'000,
                         .tv_nsec = time.value % 1'000'000'000};
    // A signal ends the wait: an interrupted replay should stop, not sleep on.
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
  }
};

}  // namespace

MonotonicClock& system_clock() {
  static SystemClock clock;
  return clock;
}

Nanos clock_cost(MonotonicClock& clock) {
  constexpr size_t readings = 1001;
  std::vector<Nanos> costs(readings);
  for (Nanos& cost : costs) {
    const Nanos before = clock.now();
    cost = clock.now() - before;
  }
  std::nth_element(costs.begin(), costs.begin() + readings / 2, costs.end());
  return costs[readings / 2];
}

}  // namespace slotscope
