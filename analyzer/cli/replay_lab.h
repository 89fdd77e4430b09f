// What a replay measures with: the KVM to ask and the clock; made-up ones come together.
#pragma once

#include <memory>
#include <optional>

#include "analyzer/base/result.h"
#include "analyzer/cli/replay_arguments.h"
#include "replay/clock.h"
#include "replay/data/replay_result.h"
#include "replay/fake_kvm.h"
#include "replay/kvm.h"

namespace slotscope {

struct Lab {
  FakeClock fake_clock;
  std::unique_ptr<Kvm> kvm;
  MonotonicClock* clock = &system_clock();
  HostFacts host;
  Bytes available;  // memory
};

// Into place, because a made-up KVM keeps the address of its clock.
Status open_lab(const ReplayArguments& arguments, Lab& lab);

// This thread, and so every call that it issues.
Status pin_to(std::optional<uint32_t> cpu);

}  // namespace slotscope
