// How near a VM came to what KVM allows, and the kernel memory that its slots cost.
#pragma once

#include <vector>

#include "analyzer/findings/totals.h"
#include "analyzer/model/kernel_profile.h"

namespace slotscope {

struct Pressure {
  uint64_t slots_peak = 0;   // in the fullest address space
  uint64_t slots_limit = 0;  // in each of them
  Bytes metadata_peak = {};  // the sum of each address space's own peak
};

Pressure slot_pressure(const std::vector<SpaceTotals>& spaces, const KernelProfile& kernel);

}  // namespace slotscope
