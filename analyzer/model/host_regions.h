// Names for the VMM's memory: host addresses that touch belong to one region, called A, B, ... in
// the order in which calls first show them, so that "A+0xc0000" reads the same in every run.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "analyzer/base/units.h"

namespace slotscope {

struct HostPlace {
  uint32_t region = 0;  // ordinal, from 0
  bool below = false;   // the place lies below the region's first known address
  Bytes offset;         // distance from the first known address
};

class HostRegions {
 public:
  // Which memory is one region. Whether blocks of memory touch is up to the host's mmap; that they
  // overlap is the VMM's doing, and the same in every run.
  enum class Join : uint8_t { touching, overlapping };
  // More memories than any VMM has at once; a trace can show ever new ones.
  static constexpr size_t most_named = size_t{1} << 16;
  explicit HostRegions(Join join = Join::touching, size_t most = most_named)
      : join_(join), most_(most) {}

  // Learns [hva, hva + size) and says where it lies. Size 0 only looks. What has no name is in
  // region UINT32_MAX, by its address.
  HostPlace place(Hva hva, Bytes size);

 private:
  struct Region {
    uint32_t ordinal;
    Hva first;  // where the region was when it got its name
    Hva end;
  };
  bool reaches(Hva end, Hva begin) const {
    return join_ == Join::touching ? end >= begin : end > begin;
  }

  Join join_;
  size_t most_;                    // regions
  std::map<Hva, Region> regions_;  // by lowest address; disjoint, and by Join not touching
  uint32_t named_ = 0;
};

// "A", "B", ... "Z", "AA", ...
std::string region_name(uint32_t ordinal);

}  // namespace slotscope
