// The guest that a replay runs: a few instructions that read pages round and round.
#pragma once

#include <cstdint>
#include <span>

namespace slotscope {

// For flat 32-bit protected mode, at any address; EBX holds the address of a mailbox.
std::span<const uint8_t> guest_code();

// How host and guest talk: all little-endian, in guest memory.
struct GuestMailbox {
  uint32_t table;   // gpa of the table that the next round reads
  uint32_t rounds;  // finished ones; the guest counts
};
struct GuestTable {
  uint32_t count;  // of the entries that follow
  uint32_t step;   // from page to page
};
struct GuestEntry {
  uint32_t first, last;  // pages; last is first plus a multiple of the step
};

}  // namespace slotscope
