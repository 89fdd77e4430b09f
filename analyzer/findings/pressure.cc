#include "analyzer/findings/pressure.h"

#include <algorithm>

namespace slotscope {

Pressure slot_pressure(const std::vector<SpaceTotals>& spaces, const KernelProfile& kernel) {
  Pressure pressure{.slots_limit = kernel.user_slots};
  for (const SpaceTotals& space : spaces) {
    pressure.slots_peak = std::max(pressure.slots_peak, space.slots_peak);
    pressure.metadata_peak += space.metadata_peak;
  }
  return pressure;
}

}  // namespace slotscope
