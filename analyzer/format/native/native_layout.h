// The native trace file (.slots): what stands where. Constants only, shared by the writer and the
// reader; traces/FORMAT.md is the specification for everybody else, with a worked example.
//
// CONSTRAINTS
// - A capture may die at any instant (Ctrl-C, a full disk, a kill): what was written before stays
//   readable without repair, and the reader knows what is missing.
// - Files travel between hosts and versions, and arrive damaged or hostile: no length, count or
//   offset is believed before it is checked.
// - `report` must digest 30 million calls per second on one core, so reading may cost little more
//   than bringing the bytes from the page cache.
// - `map --at` must show the state inside a trace of 10 million calls without reading it all.
//
// SIZES that decided (10 million calls, AMD EPYC, read(2) of 64..128 KiB from the page cache)
// - Copying a byte from the page cache costs 0.10 to 0.14 ns and hashing it 0.04 ns: at 96 bytes a
//   call (every field of Call at full width) these alone eat 13 to 17 ns. So a call record is one
//   cache line, 64 bytes. What does not fit (guest_memfd, a duration over 4.29 s, ids over 32
//   or 16 bits) travels beside it in a "rest" record; an ordinary trace has none.
// - XXH3 checks 27 GB/s (3.6 ns per 96 bytes), zlib's crc32 4 GB/s (24 ns). xxhash comes as a
//   header, with every distribution.
// - A block of 1024 events (64 KiB of calls) stays in the second-level cache together with its
//   decoded batch (120 KiB), and its 40 bytes of framing are 0.06 %. A torn tail loses at most one
//   block; a live capture bounds that in time as well, by flushing.
//
// REJECTED
// - Varints or columns in each block: half the size, but no longer a scan of fixed records, and
//   decoding costs more than the copy saves. gzip or zstd around the file give more (slotscope
//   reads those as they are), for users who need it small.
// - mmap: no copy, but a file that somebody truncates while it is mapped kills the reader (SIGBUS).
// - Side events in chunks of their own: a block would have two fates, and damage to one of them
//   would make the other's positions meaningless.
// - Scanning for the next chunk after a damaged chunk header: it would find "chunks" that are data.
// - An index of all blocks: nobody can use calls without the state before them, so the index lists
//   checkpoints only. A seek reads on from there; 65536 calls are a millisecond.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace slotscope::native {

// File header. Not ASCII, so that a text never matches, with a line end that a text-mode transfer
// breaks. These 16 bytes keep their meaning in every version.
inline constexpr std::string_view magic = "\x89slots\r\n";
inline constexpr uint32_t version = 1;
namespace file_header {
inline constexpr size_t version = 8;  // u32
inline constexpr size_t check = 12;   // u32: low half of the checksum of bytes 0..11
inline constexpr size_t size = 16;
}  // namespace file_header

// Then chunks, back to back: a header and `length` bytes of payload.
namespace chunk_header {
inline constexpr size_t type = 0;           // u32: four letters
inline constexpr size_t length = 4;         // u32: bytes of payload
inline constexpr size_t payload_check = 8;  // u64: checksum of the payload
inline constexpr size_t records = 16;       // u32: what it counts depends on the type
inline constexpr size_t check = 20;         // u32: low half of the checksum of bytes 0..19
inline constexpr size_t size = 24;
}  // namespace chunk_header

constexpr uint32_t four(const char (&name)[5]) {
  uint32_t code = 0;
  for (int i = 3; i >= 0; --i) code = code << 8 | static_cast<unsigned char>(name[i]);
  return code;
}

enum class ChunkType : uint32_t {
  metadata = four("META"),    // the first chunk: JSON, see trace_header.h
  events = four("EVNT"),      // a block of events
  checkpoint = four("LIVE"),  // the slots that exist after a call
  modules = four("MODS"),     // these three: what the stack numbers of calls stand for; each
  frames = four("FRMS"),      // definition comes once, before the first block that needs it
  stacks = four("STKS"),
  footer = four("FOOT"),  // the last chunk: counts, index, why the capture ended
};

// No chunk is longer; a checkpoint that would be is left out. 65 000 slots fit: two address spaces
// at KVM's limit of 32764.
inline constexpr uint32_t max_payload = 1u << 22;

// EVNT and LIVE: `records` call records from `calls` on, then side records up to the end.
namespace block {
inline constexpr size_t number = 0;  // u64: EVNT: number of its first call; LIVE: of the last call
inline constexpr size_t calls = 8;
inline constexpr size_t max_events = 1024;  // what the writer puts in one; not a limit for readers
}  // namespace block

namespace call_record {
inline constexpr size_t time = 0;       // i64, 0 when not known
inline constexpr size_t gpa = 8;        // u64
inline constexpr size_t size_ = 16;     // u64
inline constexpr size_t hva = 24;       // u64
inline constexpr size_t duration = 32;  // u32, 0 when not known
inline constexpr size_t commit = 36;    // u32
inline constexpr size_t pid = 40;       // u32
inline constexpr size_t tid = 44;       // u32
inline constexpr size_t stack = 48;     // u32
inline constexpr size_t vm = 52;        // u16
inline constexpr size_t as = 54;        // u16
inline constexpr size_t slot = 56;      // u16
inline constexpr size_t flags = 58;     // u16
inline constexpr size_t ret = 60;       // i16
inline constexpr size_t known = 62;     // u8: known_time, known_duration
inline constexpr size_t origin = 63;    // u8: Origin
inline constexpr size_t size = 64;
}  // namespace call_record

inline constexpr uint8_t known_time = 1, known_duration = 2;

// Everything that is not a call, and the rest of a call that its record can't hold.
enum class SideKind : uint8_t {
  rest = 0,  // of the call at `position`
  loss = 1,
  commit_mark = 2,
  vm_mark = 3,
  memslot_ioctl = 4,
  pci_config_write = 5,
  pci_mapping = 6,
  global_dirty = 7,
  memory_attributes = 8,
  guest_memfd_creation = 9,
  call_phases = 10,
  guest_cost = 11,
};

// All kinds share one shape; what a kind does not use is zero.
namespace side_record {
inline constexpr size_t position = 0;  // u32: goes before this call of the block, from 0
inline constexpr size_t kind = 4;      // u8: SideKind
inline constexpr size_t detail = 5;    // u8: Loss::Reason, an Edge, or PciMapping::Change
inline constexpr size_t known = 6;     // u8: known_time
inline constexpr size_t bar = 7;       // u8
inline constexpr size_t time = 8;      // i64
inline constexpr size_t vm = 16;       // u32
inline constexpr size_t task = 20;     // u32: tid, or a VmMark's pid
inline constexpr size_t first =
    24;  // u64: count, commit, request, bitmask, offset, gpa, size, address or page faults
inline constexpr size_t second = 32;  // u64: value, size, flags or MMIO exits
inline constexpr size_t third = 40;   // u64: attributes
inline constexpr size_t ret = 48;     // i32: result of an ioctl; zero from 52 on
inline constexpr size_t device = 40;  // of other kinds: char[40], padded with NUL
inline constexpr size_t bus = 80;     // u8, then device and function
inline constexpr size_t pci_device = 81;
inline constexpr size_t pci_function = 82;
inline constexpr size_t size = 88;  // 5 bytes of zero before
}  // namespace side_record

// A side record of kind `call_phases`, whose `detail` has a bit for each Phase that was measured.
namespace phases_record {
inline constexpr size_t times_ns = 24;  // i64 for each Phase
inline constexpr size_t counts = 64;    // u16 for each Phase; zero from 74 on
}  // namespace phases_record

// A side record of kind `rest`: these replace what the call record says.
namespace rest_record {
inline constexpr size_t duration = 8;             // i64
inline constexpr size_t vm = 16;                  // u32
inline constexpr size_t guest_memfd = 20;         // i32
inline constexpr size_t guest_memfd_offset = 24;  // u64
inline constexpr size_t commit = 32;              // u64
inline constexpr size_t flags = 40;               // u32
inline constexpr size_t ret = 44;                 // i32; zero from 48 on
}  // namespace rest_record

// MODS, FRMS and STKS: `records` records of a fixed part and what follows it, back to back.
namespace module_record {
inline constexpr size_t id = 0;             // u32, from 1
inline constexpr size_t path_size = 4;      // u16
inline constexpr size_t build_id_size = 6;  // u16
inline constexpr size_t size = 8;           // then the path, then the build id in hexadecimal
}  // namespace module_record

namespace frame_record {
inline constexpr size_t id = 0;              // u32, from 1
inline constexpr size_t module = 4;          // u32, 0 for none
inline constexpr size_t address = 8;         // u64
inline constexpr size_t offset = 16;         // u64
inline constexpr size_t anchor = 24;         // u8: StackFrame::Anchor; then a zero
inline constexpr size_t function_size = 26;  // u16
inline constexpr size_t size = 28;           // then the function
}  // namespace frame_record

namespace stack_record {
inline constexpr size_t id = 0;      // u32, from 1
inline constexpr size_t frames = 4;  // u16
inline constexpr size_t end = 6;     // u8: Stack::End; then a zero
inline constexpr size_t size = 8;    // then the frames' ids, u32 each
}  // namespace stack_record

// What the writer puts in one record; not a limit for readers.
inline constexpr size_t max_stack_text = 4096, max_stack_frames = 1024;

namespace footer {
inline constexpr size_t calls = 0;       // u64
inline constexpr size_t others = 8;      // u64: events that are not calls
inline constexpr size_t lost = 16;       // u64: sum of Loss::count
inline constexpr size_t unwritten = 24;  // u64: events that could not be written at the end
inline constexpr size_t index = 32;      // `records` entries: u64 call number, u64 file offset
inline constexpr size_t entry = 16;
inline constexpr size_t max_entries = 4096;
// Then the reason of the end, up to the last 8 bytes: u64 file offset of the footer's header.
inline constexpr size_t max_reason = 4096;
inline constexpr size_t offset = 8;  // from the end of the file
}  // namespace footer

}  // namespace slotscope::native
