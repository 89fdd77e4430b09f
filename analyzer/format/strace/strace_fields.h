// The arguments and results of the system calls that matter to memslots, as strace prints them
// (src/kvm.c, src/ioctl.c and syscall_exiting_trace() in src/syscall.c, strace 4.x to 7.2).
#pragma once

#include <cstdint>
#include <optional>

#include "analyzer/base/units.h"
#include "analyzer/format/cursor.h"

namespace slotscope {

enum class IoctlRequest : uint8_t { other, create_vm, set_region, set_region2 };

// "ioctl(FD, REQUEST" with every form of -X, -y and -N. Fails only in the descriptor of an ioctl
// that sets a memslot: of other lines nothing is expected.
bool read_ioctl_head(Cursor& cursor, int32_t& fd, IoctlRequest& request);

struct MemslotArgument {
  bool decoded = false;  // false: strace showed only the pointer, and nothing below is known
  uint32_t slot = 0;     // with the address space in bits 16..
  uint32_t flags = 0;
  Gpa gpa;
  Bytes size;
  Hva hva;
  Bytes guest_memfd_offset;
  int32_t guest_memfd = -1;
};

// ", {slot=..., ...}" or ", POINTER". Also reads a decoded struct kvm_userspace_memory_region2,
// which no strace prints up to 7.2.
bool read_memslot_argument(Cursor& cursor, MemslotArgument& argument);

struct SyscallResult {
  bool known = false;  // false: "?", the process died in the call or the call starts over
  int32_t value = 0;   // what it returned; a negative errno if it failed
  std::optional<Nanos> duration;  // -T
};

// ") = RESULT" and all that may stand behind it, up to the end of the line.
bool read_result(Cursor& cursor, SyscallResult& result);

// Goes to the ")" in front of the result, whatever the arguments are; false when there is none.
bool seek_result(Cursor& cursor);

// A file descriptor or another 32-bit number, decimal or hexadecimal, with its name (-N) in front
// and its decoration behind.
bool read_fd(Cursor& cursor, int32_t& fd);

// Whether the clone or clone3 line makes a thread of the same process; nothing if it does not tell.
std::optional<bool> makes_thread(std::string_view arguments);

// Whether the fcntl at ", COMMAND" duplicates its descriptor.
bool is_dupfd(Cursor& cursor);

}  // namespace slotscope
