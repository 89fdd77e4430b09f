#include "analyzer/findings/flapping.h"

#include <algorithm>

namespace slotscope {
namespace {

bool same_but_for_space(const Flapping& a, const Flapping& b) {
  Slot moved = b.slot;
  moved.as = a.slot.as;
  return a.slot.identical(moved) && a.redundant == b.redundant && a.restored == b.restored;
}

}  // namespace

std::vector<FlappingGroup> group_flapping(const std::vector<Flapping>& flapping) {
  std::vector<FlappingGroup> groups;
  for (const Flapping& one : flapping) {
    const auto group = std::find_if(groups.begin(), groups.end(), [&](const FlappingGroup& known) {
      return same_but_for_space(known.first, one);
    });
    if (group == groups.end()) {
      groups.push_back({one, {one.slot.as}});
    } else {
      group->address_spaces.push_back(one.slot.as);
    }
  }
  return groups;
}

}  // namespace slotscope
