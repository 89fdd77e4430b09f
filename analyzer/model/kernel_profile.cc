#include "analyzer/model/kernel_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <compare>
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

struct Version {
  unsigned major = 0, minor = 0;
  auto operator<=>(const Version&) const = default;
};

// "6.18.44-amd64", "5.10".
std::optional<Version> read_version(std::string_view text) {
  Version version;
  const char* const end = text.data() + text.size();
  const auto [dot, major] = std::from_chars(text.data(), end, version.major);
  if (major != std::errc() || dot == end || *dot != '.') return std::nullopt;
  const auto [rest, minor] = std::from_chars(dot + 1, end, version.minor);
  return minor == std::errc() ? std::optional(version) : std::nullopt;
}

std::optional<uint32_t> read_number(const std::map<std::string, std::string>& facts,
                                    const std::string& name) {
  const auto found = facts.find(name);
  if (found == facts.end()) return std::nullopt;
  uint32_t number = 0;
  const std::string& text = found->second;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

// KVM has the TDP MMU only with two-dimensional paging, and without it every slot has reverse maps.
bool lacks_tdp_mmu(const std::map<std::string, std::string>& facts) {
  for (const char* name : {"kvm.tdp_mmu", "kvm_intel.ept", "kvm_amd.npt"}) {
    const auto found = facts.find(name);
    if (found != facts.end() && (found->second == "N" || found->second == "0")) return true;
  }
  return false;
}

}  // namespace

std::span<const KernelProfile> kernel_profiles() { return profiles; }
const KernelProfile& newest_kernel() { return *std::rbegin(profiles); }

std::optional<KernelProfile> profile_of_host(const std::map<std::string, std::string>& metadata) {
  const auto kernel = metadata.find("kernel");
  constexpr std::string_view system = "Linux ";
  if (kernel == metadata.end() || !kernel->second.starts_with(system)) return std::nullopt;
  const auto version = read_version(std::string_view(kernel->second).substr(system.size()));
  if (!version) return std::nullopt;
  KernelProfile profile = profiles[0];
  for (const KernelProfile& one : profiles) {
    if (*read_version(one.name) <= *version) profile = one;
  }
  if (const auto slots = read_number(metadata, "kvm_cap_nr_memslots"); slots && *slots > 0) {
    profile.user_slots = *slots;
  }
  // KVM_CAP_MULTI_ADDRESS_SPACE is 0 where there is one.
  if (const auto spaces = read_number(metadata, "kvm_cap_multi_address_space")) {
    profile.address_spaces = std::max<uint32_t>(*spaces, 1);
  }
  if (lacks_tdp_mmu(metadata)) profile.metadata = SlotMetadata::shadow;
  return profile;
}

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
