// How sizes, addresses, times and the like read in text. Addresses and sizes are exact or rounded
// to one digit; JSON has the exact values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "analyzer/base/range.h"
#include "analyzer/base/units.h"

namespace slotscope {

std::string size_text(Bytes size);           // "640 KiB", "3.0 GiB", "31.9 MiB"
std::string duration_text(Nanos time);       // "81 us", "1.3 ms", "2.31 s"
std::string seconds_text(Nanos time);        // "2.310415": since a start, to line up in columns
std::string address_text(uint64_t address);  // "0x7f3b17a00000"
std::string range_text(GpaRange range);      // "0x0000c0000-0x0000dffff": the last byte is included
std::string count_text(uint64_t n, const char* one, const char* many);  // "1 call", "52 calls"
std::string errno_text(int32_t error);                                  // "EINVAL"; takes 22 or -22

// "rw", "ro", with "log" and "memfd" appended.
std::string mode_text(uint32_t flags);

}  // namespace slotscope
