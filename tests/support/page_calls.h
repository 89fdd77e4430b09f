// Calls over pages of one host region, for tests of what a commit did to the guest's memory.
#pragma once

#include "tests/support/calls.h"

namespace slotscope::test {

inline constexpr uint64_t page = 0x1000;
inline constexpr uint64_t ram = 0x7f0000000000;

inline Call map(uint16_t slot, uint64_t first, uint64_t pages, uint64_t hva_page,
                uint32_t flags = 0) {
  return make_call({.slot = slot,
                    .flags = flags,
                    .gpa = first * page,
                    .size = pages * page,
                    .hva = ram + hva_page * page});
}
inline Call del(uint16_t slot) { return make_call({.slot = slot}); }

}  // namespace slotscope::test
