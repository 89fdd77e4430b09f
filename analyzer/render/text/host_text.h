// "A+0xc0000": host memory by region and offset.
#pragma once

#include <fmt/compile.h>
#include <fmt/format.h>

#include <string>

#include "analyzer/model/host_regions.h"

namespace slotscope {

inline std::string host_text(const HostPlace& place) {
  if (place.region == UINT32_MAX) return fmt::format("{:#x}", place.offset.value);
  return fmt::format(FMT_COMPILE("{}{}{:#x}"), region_name(place.region), place.below ? '-' : '+',
                     place.offset.value);
}

}  // namespace slotscope
