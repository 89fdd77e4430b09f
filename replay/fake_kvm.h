// A KVM that is made up: KVM's rules over slot maps, and costs that are the same in every run. For
// tests, and to see what the output looks like where there is no KVM.
#pragma once

#include <memory>

#include "analyzer/model/kernel_profile.h"
#include "replay/clock.h"
#include "replay/kvm.h"

namespace slotscope {

// A clock that only moves when somebody pays.
class FakeClock : public MonotonicClock {
 public:
  static constexpr Nanos reading_cost{20};
  Nanos now() override { return now_ += reading_cost; }
  void sleep_until(Nanos time) override {
    if (time > now_) now_ = time;
  }
  void advance(Nanos by) { now_ += by; }

 private:
  Nanos now_{1'000'000'000};
};

struct FakeCosts {
  Nanos create_vm{100'000};
  Nanos create{10'000}, del{20'000}, move{30'000}, flags{5'000}, nothing{500};
};

// `clock` outlives it. Rules and capabilities are those of `kernel`.
std::unique_ptr<Kvm> make_fake_kvm(FakeClock& clock, const KernelProfile& kernel,
                                   const FakeCosts& costs = {});

}  // namespace slotscope
