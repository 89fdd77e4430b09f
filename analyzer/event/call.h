// One traced KVM_SET_USER_MEMORY_REGION(2) with its result. An observation: it never says what the
// call meant, that is the model's word.
#pragma once

#include <cstdint>
#include <optional>

#include "analyzer/base/units.h"

namespace slotscope {

// Bits of kvm_userspace_memory_region.flags (include/uapi/linux/kvm.h).
namespace slot_flag {
inline constexpr uint32_t log_dirty = 1u << 0;    // KVM_MEM_LOG_DIRTY_PAGES
inline constexpr uint32_t readonly = 1u << 1;     // KVM_MEM_READONLY
inline constexpr uint32_t guest_memfd = 1u << 2;  // KVM_MEM_GUEST_MEMFD, REGION2 only
}  // namespace slot_flag

enum class Origin : uint8_t {
  traced,    // seen happening
  snapshot,  // already there when the capture began; no ioctl was seen
};

// Calls of a trace with the same hint say the same to KVM and got the same answer: they differ in
// time, duration, VM, thread, commit and stack at most. It saves looking, and is not part of what
// was observed, so calls are equal whatever their hints.
struct PayloadHint {
  PayloadId id;
  bool operator==(const PayloadHint&) const { return true; }
};

struct Call {
  std::optional<Nanos> time;      // at ioctl return, on the trace's clock
  std::optional<Nanos> duration;  // entry to exit
  Gpa gpa;
  Bytes size;  // 0 asks for a delete
  Hva hva;
  Bytes guest_memfd_offset;  // meaningless without slot_flag::guest_memfd
  int32_t guest_memfd = -1;  // fd as the VMM passed it; meaningless without slot_flag::guest_memfd
  uint32_t flags = 0;        // slot_flag bits, as passed
  int32_t ret = 0;           // 0 or a negative errno
  VmId vm{1};
  AsId as;
  SlotId slot;
  Pid pid;
  Tid tid;
  CommitId commit;  // 0: the trace does not tell
  StackId stack;    // 0: none
  Origin origin = Origin::traced;
  PayloadHint payload = {};

  bool operator==(const Call&) const = default;
};

}  // namespace slotscope
