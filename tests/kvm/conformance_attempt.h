// One ioctl of a conformance run, as it can be issued again on another VM.
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/event/call.h"

namespace slotscope::conformance {

inline constexpr uint64_t page = 4096;

// What stands in the guest_memfd field; the descriptor's number differs from VM to VM.
enum class Memfd : uint8_t {
  own,         // a guest_memfd of this VM
  second,      // another one of it
  foreign,     // one of another VM
  other_file,  // no guest_memfd
  closed,      // no open file
};
inline constexpr Bytes memfd_size{16 * page};

struct Attempt {
  Call call;             // as, slot, flags, gpa, size, hva, guest_memfd_offset
  bool region2 = false;  // KVM_SET_USER_MEMORY_REGION2
  Memfd memfd = Memfd::closed;

  bool operator==(const Attempt&) const = default;
};

using Attempts = std::vector<Attempt>;

}  // namespace slotscope::conformance
