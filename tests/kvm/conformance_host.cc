#include "tests/kvm/conformance_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "analyzer/model/predict.h"

namespace slotscope::conformance {
namespace {

struct Version {
  unsigned major = 0, minor = 0;
  auto operator<=>(const Version&) const = default;
};

Version version_of(std::string_view text) {
  Version version;
  const char* end = text.data() + text.size();
  const auto [dot, error] = std::from_chars(text.data(), end, version.major);
  if (error == std::errc() && dot != end && *dot == '.') {
    std::from_chars(dot + 1, end, version.minor);
  }
  return version;
}

// The largest page-aligned end that `accepts` takes, between `low` (accepted) and the end of the
// number space.
template <class Accepts>
uint64_t largest_end(uint64_t low, uint64_t high, Accepts accepts) {
  if (accepts(high)) return UINT64_MAX;
  while (high - low > page) {
    const uint64_t middle = low + (high - low) / 2 / page * page;
    (accepts(middle) ? low : high) = middle;
  }
  return low;
}

bool accepts(KvmVm& vm, Gpa gpa, Hva hva) {
  SlotRequest request{.as = {}, .slot = {}, .gpa = gpa, .size = Bytes{page}, .hva = hva};
  if (vm.set_memory(request) != 0) return false;
  request.size = Bytes{0};
  request.gpa = Gpa{0};
  request.hva = Hva{0};
  return vm.set_memory(request) == 0;
}

bool closed_file(Memfd memfd) { return memfd == Memfd::closed; }

bool usable_file(Memfd memfd) { return memfd == Memfd::own || memfd == Memfd::second; }

// kvm_gmem_bind: no two slots of a VM share a part of a file.
bool bound_already(const Call& call, const VmState& vm) {
  const uint64_t begin = call.guest_memfd_offset.value, end = begin + call.size.value;
  bool bound = false;
  for (const auto& space : vm.address_spaces()) {
    space->slots.for_each([&](const Slot& slot) {
      bound |= (slot.flags & slot_flag::guest_memfd) && slot.guest_memfd == call.guest_memfd &&
               slot.guest_memfd_offset.value < end &&
               begin < slot.guest_memfd_offset.value + slot.size.value;
    });
  }
  return bound;
}

int32_t foreseen_create(const Host& host, const Attempt& attempt, const VmState* vm) {
  const Call& call = attempt.call;
  const bool memfd = call.flags & slot_flag::guest_memfd;
  if (memfd && closed_file(attempt.memfd)) return -EBADF;
  if (call.gpa + call.size > host.gpa_end) return -EINVAL;
  if (!memfd) return 0;
  if (!usable_file(attempt.memfd)) return -EINVAL;
  if (call.guest_memfd_offset + call.size > memfd_size) return -EINVAL;
  return vm && bound_already(call, *vm) ? host.bound_error : 0;
}

}  // namespace

Result<KernelProfile> profile_of_release(const std::string& release) {
  const Version running = version_of(release);
  const KernelProfile* best = nullptr;
  for (const KernelProfile& profile : kernel_profiles()) {
    if (version_of(profile.name) <= running) best = &profile;
  }
  if (best) return *best;
  return Diagnostic{.fault = Fault::environment,
                    .message = fmt::format("no kernel profile is as old as Linux {}", release),
                    .advice = "name one with --kernel"};
}

Result<Host> measure_host(Kvm& kvm, const KernelProfile& rules) {
  const KvmCapabilities& able = kvm.capabilities();
  Host host{.kernel = rules};
  host.kernel.address_spaces = std::min(rules.address_spaces, able.address_spaces);
  // The capability says whether the kernel has guest_memfd; which VMs may use it is a rule.
  host.guest_memfd = able.guest_memfd && rules.guest_memfd == GuestMemfdRule::any_vm;
  if (!able.guest_memfd) host.kernel.guest_memfd = GuestMemfdRule::none;
  // EEXIST came with 7.3 (kvm_gmem_bind).
  host.bound_error = version_of(rules.name) >= Version{7, 3} ? -EEXIST : -EINVAL;
  auto vm = kvm.create_vm({});
  if (!vm) return std::move(vm).error();
  host.makes_memfd = able.guest_memfd && (*vm)->create_guest_memfd(memfd_size);
  // A descriptor makes it REGION2; there is nothing to delete yet.
  SlotRequest nothing;
  nothing.guest_memfd = -1;
  host.region2 = (*vm)->set_memory(nothing) != -ENOTTY;
  constexpr Hva host_base{0x10000000};
  constexpr uint64_t least_gpa = uint64_t{1} << 36, last_page = ~uint64_t{0} - 2 * page + 1;
  host.gpa_end.value = largest_end(least_gpa, last_page, [&](uint64_t end) {
    return accepts(**vm, Gpa{end - page}, host_base);
  });
  constexpr uint64_t least_hva = uint64_t{1} << 46, sign_bit = uint64_t{1} << 63;
  host.hva_end.value = largest_end(
      least_hva, sign_bit, [&](uint64_t end) { return accepts(**vm, Gpa{0}, Hva{end - page}); });
  if (host.hva_end.value > sign_bit) host.hva_end.value = sign_bit;
  return host;
}

int32_t foreseen(const Host& host, const Attempt& attempt, const VmState* vm) {
  const Call& call = attempt.call;
  if (attempt.region2 && !host.region2) return -ENOTTY;
  if ((call.flags & slot_flag::guest_memfd) && !(attempt.region2 && host.guest_memfd)) {
    return -EINVAL;
  }
  if (call.hva + call.size > host.hva_end || call.hva + call.size < call.hva) return -EINVAL;
  // The host's own limit decides instead of the widest that any host has.
  KernelProfile unlimited = host.kernel;
  unlimited.checks_max_gfn = false;
  static const SlotMap empty;
  const AddressSpace* space = vm ? vm->address_space(call.as) : nullptr;
  const Prediction rules = predict(call, space ? space->slots : empty, unlimited);
  if (rules.kind == UpdateKind::create) return foreseen_create(host, attempt, vm);
  if (rules.kind == UpdateKind::move && call.gpa + call.size > host.gpa_end) return -EINVAL;
  return rules.ret;
}

}  // namespace slotscope::conformance
