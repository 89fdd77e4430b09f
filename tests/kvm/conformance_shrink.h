// Takes away from a failing sequence what it fails without (delta debugging), calls first and then
// the odd values in those that are left.
#pragma once

#include <functional>

#include "tests/kvm/conformance_attempt.h"

namespace slotscope::conformance {

// Whether a sequence shows the failure that is looked for; asked of new VMs, so it costs.
using Fails = std::function<bool(const Attempts&)>;

// `attempts` fails. What comes back fails too, and none of its calls can be left out.
Attempts shrink(Attempts attempts, const Fails& fails);

}  // namespace slotscope::conformance
