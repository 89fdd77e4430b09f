// Slots that come and go, told once for all address spaces that show the same.
#pragma once

#include <vector>

#include "analyzer/findings/redundant_pairs.h"

namespace slotscope {

struct FlappingGroup {
  Flapping first;  // of its first address space
  std::vector<AsId> address_spaces;
};

// Joins what has the same place, memory and counts in several address spaces; keeps the order.
std::vector<FlappingGroup> group_flapping(const std::vector<Flapping>& flapping);

}  // namespace slotscope
