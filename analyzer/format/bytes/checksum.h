// The checksum of the native trace format.
#pragma once

#include <cstdint>
#include <string_view>

namespace slotscope {

// XXH3, 64 bits, seed 0; native_layout.h says why.
uint64_t checksum(std::string_view bytes);

}  // namespace slotscope
