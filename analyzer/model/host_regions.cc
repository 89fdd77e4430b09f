#include "analyzer/model/host_regions.h"

#include <algorithm>
#include <iterator>

namespace slotscope {

HostPlace HostRegions::place(Hva hva, Bytes size) {
  const Hva end = hva + size;
  auto at = regions_.upper_bound(hva);
  if (at != regions_.begin() && reaches(std::prev(at)->second.end, hva)) --at;
  const bool known = at != regions_.end() && (at->first <= hva || reaches(end, at->first));
  if (!known) {
    const HostPlace unnamed{.region = UINT32_MAX, .below = false, .offset = {hva.value}};
    if (size.value == 0) return unnamed;
    if (regions_.size() == most_) return unnamed;
    at = regions_.emplace_hint(at, hva, Region{named_++, hva, end});
  } else if (size.value > 0) {
    Region region = at->second;
    const Hva low = std::min(at->first, hva);
    region.end = std::max(region.end, end);
    at = regions_.erase(at);
    // Two regions that it joins are one; it keeps the older name.
    while (at != regions_.end() && reaches(region.end, at->first)) {
      region.end = std::max(region.end, at->second.end);
      if (at->second.ordinal < region.ordinal) {
        region.ordinal = at->second.ordinal;
        region.first = at->second.first;
      }
      at = regions_.erase(at);
    }
    at = regions_.emplace_hint(at, low, region);
  }
  const Region& region = at->second;
  const bool below = hva < region.first;
  return {.region = region.ordinal,
          .below = below,
          .offset = below ? region.first - hva : hva - region.first};
}

std::string region_name(uint32_t ordinal) {
  std::string name;
  for (uint64_t n = uint64_t{ordinal} + 1; n > 0; n = (n - 1) / 26) {
    name.insert(name.begin(), static_cast<char>('A' + (n - 1) % 26));
  }
  return name;
}

}  // namespace slotscope
