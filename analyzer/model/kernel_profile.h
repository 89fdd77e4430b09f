// What a kernel allows in memslots, as a value: the model asks it instead of knowing versions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "analyzer/base/range.h"
#include "analyzer/base/result.h"
#include "analyzer/base/units.h"

namespace slotscope {

enum class GuestMemfdRule : uint8_t {
  none,          // before 6.8
  private_only,  // VM types with private memory only (kvm_arch_has_private_mem, 6.8 to 6.12)
  any_vm,        // 6.18 on, when the kernel is built with it
};

// What KVM allocates per page beside the slot itself (kvm_alloc_memslot_metadata, x86).
enum class SlotMetadata : uint8_t {
  tdp,     // large-page info only: TDP MMU on, no nested guest yet (6.1 on)
  shadow,  // reverse maps and write tracking too: shadow paging, tdp_mmu=N, and always in 5.10
};

struct KernelProfile {
  std::string_view name;
  uint32_t user_slots = 32764;  // valid ids are below it (KVM_CAP_NR_MEMSLOTS)
  uint32_t address_spaces = 2;  // at most; a kernel without CONFIG_KVM_SMM has one
  uint8_t page_shift = 12;      // of the host page, to which gpa, size and hva are aligned
  uint64_t max_pages = (uint64_t{1} << 31) - 1;  // KVM_MEM_MAX_NR_PAGES
  bool checks_max_gfn = true;                    // kvm_arch_prepare_memory_region; not in 5.10
  GuestMemfdRule guest_memfd = GuestMemfdRule::any_vm;
  SlotMetadata metadata = SlotMetadata::tdp;
};

// Every known profile, oldest first; the last is the default.
std::span<const KernelProfile> kernel_profiles();
const KernelProfile& newest_kernel();

// Of the host that a trace's metadata describes (probes/host_facts.cc writes it): the newest
// profile that is not newer, with what is said of slots, address spaces and paging. Nothing when it
// does not name a kernel.
std::optional<KernelProfile> profile_of_host(const std::map<std::string, std::string>& metadata);

// By name: "6.1", or "6.1-shadow" for a host without TDP.
Result<KernelProfile> kernel_profile(std::string_view name);

// Kernel memory that a slot of this range costs while it exists, its dirty bitmap included.
Bytes slot_metadata_bytes(GpaRange range, uint32_t flags, const KernelProfile& kernel);

}  // namespace slotscope
