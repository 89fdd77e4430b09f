#include "analyzer/model/kernel_profile.h"

#include <fmt/format.h>

#include <iterator>
#include <string>

#include "analyzer/base/escape.h"
#include "analyzer/event/call.h"

namespace slotscope {
namespace {

using enum GuestMemfdRule;

// Read in the sources of Debian's 5.10.262, 6.1.192, 6.12.117 and 7.3.4; 6.18 by experiment.
constexpr KernelProfile profiles[] = {
    // KVM_USER_MEM_SLOTS was 509 until commit 4fc096a99e01 raised it.
    {.name = "5.10",
     .user_slots = 509,
     .checks_max_gfn = false,
     .guest_memfd = none,
     .metadata = SlotMetadata::shadow},
    {.name = "6.1", .guest_memfd = none},
    {.name = "6.12", .guest_memfd = private_only},
    {.name = "6.18"},
    {.name = "7.3"},
};

constexpr std::string_view shadow_suffix = "-shadow";

// How many entries of a level's table a range touches: 2 MiB pages at shift 9, 1 GiB at 18.
uint64_t entries(uint64_t first_gfn, uint64_t pages, int shift) {
  return ((first_gfn + pages - 1) >> shift) - (first_gfn >> shift) + 1;
}

}  // namespace

std::span<const KernelProfile> kernel_profiles() { return profiles; }
const KernelProfile& newest_kernel() { return *std::rbegin(profiles); }

Result<KernelProfile> kernel_profile(std::string_view name) {
  const bool shadow = name.ends_with(shadow_suffix);
  const std::string_view version =
      shadow ? name.substr(0, name.size() - shadow_suffix.size()) : name;
  std::string known;
  for (const KernelProfile& profile : profiles) {
    if (profile.name != version) {
      known += fmt::format("{}{}", known.empty() ? "" : ", ", profile.name);
      continue;
    }
    KernelProfile found = profile;
    if (shadow) found.metadata = SlotMetadata::shadow;
    return found;
  }
  return Diagnostic{
      .fault = Fault::usage,
      .message = fmt::format("no kernel profile '{}'", escape_for_terminal(name)),
      .advice = "known: " + known + "; append -shadow for a host without TDP (npt=0, ept=0)"};
}

Bytes slot_metadata_bytes(GpaRange range, uint32_t flags, const KernelProfile& kernel) {
  const uint64_t pages = range.size().value >> kernel.page_shift;
  if (pages == 0) return {0};
  const uint64_t first = range.begin.value >> kernel.page_shift;
  const uint64_t large = entries(first, pages, 9) + entries(first, pages, 18);
  constexpr uint64_t slot_object = 280;      // struct kvm_memory_slot, 6.18
  uint64_t bytes = slot_object + 4 * large;  // lpage_info
  if (kernel.metadata == SlotMetadata::shadow) {
    bytes += 8 * (pages + large) + 2 * pages;  // rmap, gfn_write_track
  }
  if (flags & slot_flag::log_dirty) bytes += 2 * ((pages + 63) / 64 * 8);  // kvm_alloc_dirty_bitmap
  return {bytes};
}

}  // namespace slotscope
