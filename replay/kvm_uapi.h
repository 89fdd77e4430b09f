// What newer kernels than the distribution's headers know of <linux/kvm.h>. The layouts are the
// kernel's own (include/uapi/linux/kvm.h, 6.12); they carry names of ours, so that newer headers do
// not clash.
#pragma once

#include <linux/kvm.h>

#include <cstdint>

namespace slotscope::uapi {

struct MemoryRegion2 {  // kvm_userspace_memory_region2, 6.8
  uint32_t slot, flags;
  uint64_t guest_phys_addr, memory_size, userspace_addr, guest_memfd_offset;
  uint32_t guest_memfd, pad1;
  uint64_t pad2[14];
};
static_assert(sizeof(MemoryRegion2) == 160);

struct CreateGuestMemfd {  // kvm_create_guest_memfd, 6.8
  uint64_t size, flags, reserved[6];
};
static_assert(sizeof(CreateGuestMemfd) == 64);

struct PreFaultMemory {  // kvm_pre_fault_memory, 6.11
  uint64_t gpa, size, flags, padding[5];
};
static_assert(sizeof(PreFaultMemory) == 64);

inline constexpr unsigned long set_user_memory_region2 = _IOW(KVMIO, 0x49, MemoryRegion2);
inline constexpr unsigned long create_guest_memfd = _IOWR(KVMIO, 0xd4, CreateGuestMemfd);
inline constexpr unsigned long pre_fault_memory = _IOWR(KVMIO, 0xd5, PreFaultMemory);

inline constexpr int cap_disable_quirks2 = 213;
inline constexpr int cap_user_memory2 = 231;
inline constexpr int cap_guest_memfd = 234;
inline constexpr int cap_pre_fault_memory = 236;

inline constexpr uint32_t quirk_slot_zap_all = 1u << 7;  // KVM_X86_QUIRK_SLOT_ZAP_ALL, 6.12

}  // namespace slotscope::uapi
