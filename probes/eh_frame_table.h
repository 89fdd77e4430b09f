// The search table of .eh_frame_hdr: where each function with unwind information begins, in files
// that are stripped of all symbols too.
#pragma once

#include <libelf.h>

#include <cstdint>
#include <optional>

namespace slotscope {

// The last beginning at or before `address`; nothing when the file has no such table.
std::optional<uint64_t> find_function_start(Elf* elf, uint64_t address);

}  // namespace slotscope
