// What a VMM said around its calls, or a capture saw beside them: not a memslot call, but the
// reason or the circumstances of the calls after it. Fixed-size, so that a batch of events is one
// block of memory.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "analyzer/base/units.h"

namespace slotscope {

// A QEMU device name such as "VGA"; the longest in QEMU 10.2 has 38 characters.
class DeviceName {
 public:
  static constexpr size_t capacity = 40;

  DeviceName() = default;
  // Cut at a NUL, so that equal views are equal names.
  explicit DeviceName(std::string_view name) {
    name = name.substr(0, name.find('\0'));
    std::copy_n(name.begin(), std::min(name.size(), capacity), text_.begin());
  }
  std::string_view view() const {
    return {text_.data(),
            static_cast<size_t>(std::find(text_.begin(), text_.end(), '\0') - text_.begin())};
  }
  bool operator==(const DeviceName&) const = default;

 private:
  std::array<char, capacity> text_{};
};

struct PciFunction {
  uint8_t bus = 0, device = 0, function = 0;
  bool operator==(const PciFunction&) const = default;
};

// QEMU kvm_vm_ioctl, memslot requests only: printed before the ioctl, so it tells REGION from
// REGION2 and shows the delete that hides behind a READONLY flip. A live capture tells the request
// where it is another than that of the VM's call before (of its first: than REGION).
struct MemslotIoctl {
  uint32_t request = 0;
  bool operator==(const MemslotIoctl&) const = default;
};

// QEMU pci_cfg_write: printed before the device acts, so it precedes the calls that it causes.
struct PciConfigWrite {
  DeviceName device;
  PciFunction at;
  uint32_t offset = 0;
  uint32_t value = 0;
  bool operator==(const PciConfigWrite&) const = default;
};

// QEMU pci_update_mappings_add and _del; BAR 6 is the expansion ROM.
struct PciMapping {
  enum class Change : uint8_t { add, del };
  Change change = Change::add;
  DeviceName device;
  PciFunction at;
  uint8_t bar = 0;
  uint64_t address = 0;  // in the BAR's space: memory or I/O
  Bytes size;
  bool operator==(const PciMapping&) const = default;
};

// QEMU global_dirty_changed (6.2+): 1 migration, 2 dirty rate, 4 dirty limit.
struct GlobalDirty {
  uint32_t bitmask = 0;
  bool operator==(const GlobalDirty&) const = default;
};

// KVM_SET_MEMORY_ATTRIBUTES with its result: which guest memory is private to the guest.
struct MemoryAttributes {
  static constexpr uint64_t is_private = 1u << 3;  // KVM_MEMORY_ATTRIBUTE_PRIVATE
  Gpa gpa;
  Bytes size;
  uint64_t attributes = 0;
  int32_t ret = 0;
  bool operator==(const MemoryAttributes&) const = default;
};

// KVM_CREATE_GUEST_MEMFD with its result.
struct GuestMemfdCreation {
  Bytes size;
  uint64_t flags = 0;
  int32_t ret = 0;  // the file descriptor, or a negative errno
  bool operator==(const GuestMemfdCreation&) const = default;
};

// Where the time inside a call goes. They overlap: an SRCU wait is mostly time off the CPU.
enum class Phase : uint8_t {
  off_cpu,    // sched_switch: waits of all kinds, and preemption
  srcu_wait,  // synchronize_srcu_expedited: until no vCPU uses the old slots
  zap,        // kvm_arch_flush_shadow_memslot: page tables torn down
  metadata,   // kvm_arch_prepare_memory_region: rmaps and the like allocated
  dirty_log,  // kvm_arch_commit_memory_region: dirty logging switched, quotas set
};
inline constexpr size_t phase_count = 5;

// The phases of the VM's call before it on the same thread, as far as this kernel let them be seen.
struct CallPhases {
  struct One {
    bool measured = false;
    uint16_t times = 0;
    Nanos time;
    bool operator==(const One&) const = default;
  };
  std::array<One, phase_count> of{};

  const One& operator[](Phase phase) const { return of[static_cast<size_t>(phase)]; }
  One& operator[](Phase phase) { return of[static_cast<size_t>(phase)]; }
  bool operator==(const CallPhases&) const = default;
};

// What the guest paid from the beginning of the VM's call before it to here.
struct GuestCost {
  uint64_t page_faults = 0;  // kvm:kvm_page_fault
  uint64_t mmio_exits = 0;   // kvm:kvm_userspace_exit, KVM_EXIT_MMIO
  bool operator==(const GuestCost&) const = default;
};

using Note = std::variant<MemslotIoctl, PciConfigWrite, PciMapping, GlobalDirty, MemoryAttributes,
                          GuestMemfdCreation, CallPhases, GuestCost>;

// Whether it was seen happening in the kernel. Such a note stands for itself; what the VMM said
// explains the call after it.
inline bool is_observed(const Note& note) {
  return std::holds_alternative<MemoryAttributes>(note) ||
         std::holds_alternative<GuestMemfdCreation>(note) ||
         std::holds_alternative<CallPhases>(note) || std::holds_alternative<GuestCost>(note);
}

struct Annotation {
  std::optional<Nanos> time;
  VmId vm{1};
  Tid tid;
  Note note;
  bool operator==(const Annotation&) const = default;
};

}  // namespace slotscope
