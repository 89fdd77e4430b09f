// Hashes of several numbers, where equality is all that matters.
#pragma once

#include <cstdint>

namespace slotscope {

inline uint64_t mixed(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15;
  return hash ^ hash >> 29;
}

}  // namespace slotscope
