// Follows kvm_set_memory_region and check_memory_region_flags (virt/kvm/kvm_main.c, 6.8 to 7.3;
// 5.10 and 6.1 differ in what the profile says) in their order: the first failing test decides.
#include "analyzer/model/predict.h"

#include <algorithm>
#include <cerrno>

namespace slotscope {
namespace {

constexpr Hva hva_limit_4_level{(uint64_t{1} << 47) - 4096};
constexpr Hva hva_sign_bit{uint64_t{1} << 63};
constexpr Gpa smallest_phys_limit{uint64_t{1} << 36};  // MAXPHYADDR of the smallest 64-bit CPUs
constexpr Gpa shadow_phys_limit{uint64_t{1} << 52};    // kvm_mmu_max_gfn without TDP

// Where x86 KVM may hold slots of its own: the APIC access page, and the identity map and TSS at
// QEMU's choice and at KVM's default.
constexpr GpaRange internal_slots[] = {
    {Gpa{0xfee00000}, Gpa{0xfee01000}},
    {Gpa{0xfeffc000}, Gpa{0xff000000}},
    {Gpa{0xfffbc000}, Gpa{0xfffc0000}},
};

Prediction reject(int32_t error, uint8_t doubts = 0) {
  return {.kind = UpdateKind::rejected, .ret = -error, .doubts = doubts};
}

uint32_t allowed_flags(uint32_t flags, const KernelProfile& kernel) {
  if (!(flags & slot_flag::guest_memfd)) return slot_flag::log_dirty | slot_flag::readonly;
  return kernel.guest_memfd == GuestMemfdRule::none ? 0 : slot_flag::guest_memfd;
}

bool aligned(const Call& call, const KernelProfile& kernel) {
  const uint64_t mask = (uint64_t{1} << kernel.page_shift) - 1;
  const bool memfd = call.flags & slot_flag::guest_memfd;
  return !((call.size.value | call.gpa.value | call.hva.value |
            (memfd ? call.guest_memfd_offset.value : 0)) &
           mask);
}

bool memfd_wraps(const Call& call) {
  return (call.flags & slot_flag::guest_memfd) && wraps(call.guest_memfd_offset, call.size);
}

// access_ok(): certain below the 4-level limit and above the sign bit; in between it depends on
// 5-level paging and on the version (6.4 to 6.11 only tested the sign).
bool hva_impossible(const Call& call) {
  const Hva end = call.hva + call.size;
  return end < call.hva || end > hva_sign_bit;
}

// Tests on the call alone, whatever slots there are. Everything here fails with EINVAL.
bool well_formed(const Call& call, const KernelProfile& kernel) {
  return call.slot.value < kernel.user_slots &&
         !(call.flags & ~allowed_flags(call.flags, kernel)) && aligned(call, kernel) &&
         !hva_impossible(call) && !memfd_wraps(call) && call.as.value < kernel.address_spaces &&
         !wraps(call.gpa, call.size) && call.size.value >> kernel.page_shift <= kernel.max_pages;
}

uint8_t doubts_of_fields(const Call& call, const KernelProfile& kernel) {
  const bool memfd = call.flags & slot_flag::guest_memfd;
  uint8_t doubts = 0;
  if (memfd && kernel.guest_memfd == GuestMemfdRule::private_only) doubts |= doubt::host_limits;
  if (call.hva + call.size > hva_limit_4_level) doubts |= doubt::host_limits;
  // KVM_SET_USER_MEMORY_REGION has no such field and refuses the flag (kvm_vm_ioctl, 6.8 on).
  if (memfd && call.guest_memfd < 0) doubts |= doubt::which_ioctl;
  return doubts;
}

// CREATE and MOVE: the target range must be free and within the host's physical addresses.
Prediction predict_placement(UpdateKind kind, const Call& call, const SlotMap& slots,
                             const Slot* self, const KernelProfile& kernel, uint8_t doubts) {
  const GpaRange range = GpaRange::of(call.gpa, call.size);
  if (slots.overlapping(range, self)) return reject(EEXIST, doubts);
  if (kernel.checks_max_gfn && range.end > shadow_phys_limit) return reject(EINVAL);
  if (call.flags & slot_flag::guest_memfd) doubts |= doubt::memfd_file;
  if (kernel.checks_max_gfn && range.end > smallest_phys_limit) doubts |= doubt::host_limits;
  if (std::any_of(std::begin(internal_slots), std::end(internal_slots),
                  [&](GpaRange internal) { return internal.overlaps(range); })) {
    doubts |= doubt::internal;
  }
  return {.kind = kind, .ret = 0, .doubts = doubts};
}

Prediction judge(const Call& call, const SlotMap& slots, const Slot* old,
                 const KernelProfile& kernel) {
  if (!well_formed(call, kernel)) return reject(EINVAL);
  const uint8_t doubts = doubts_of_fields(call, kernel);
  if (call.size.value == 0) {
    if (!old) return reject(EINVAL);
    return {.kind = UpdateKind::del, .ret = 0, .doubts = doubts};
  }
  if (!old) return predict_placement(UpdateKind::create, call, slots, nullptr, kernel, doubts);
  // Even an identical repeat of a guest_memfd create is refused.
  if (call.flags & slot_flag::guest_memfd) return reject(EINVAL);
  const uint32_t fixed = slot_flag::readonly | slot_flag::guest_memfd;
  if (call.hva != old->hva || call.size != old->size || ((call.flags ^ old->flags) & fixed)) {
    return reject(EINVAL);
  }
  if (call.gpa != old->gpa) {
    return predict_placement(UpdateKind::move, call, slots, old, kernel, doubts);
  }
  const UpdateKind kind = call.flags != old->flags ? UpdateKind::flags : UpdateKind::no_change;
  return {.kind = kind, .ret = 0, .doubts = doubts};
}

}  // namespace

bool Prediction::allows(int32_t recorded) const {
  switch (-recorded) {
    case EINVAL:
      return recorded == ret ||
             (doubts & (doubt::host_limits | doubt::which_ioctl | doubt::memfd_file));
    case EEXIST:
      return recorded == ret || (doubts & (doubt::internal | doubt::memfd_file));
    case EBADF:
      return doubts & doubt::memfd_file;
    default:
      return recorded == ret;
  }
}

Prediction predict(const Call& call, const SlotMap& slots, const KernelProfile& kernel) {
  const Slot* old = slots.find(call.slot);
  Prediction prediction = judge(call, slots, old, kernel);
  prediction.old = old;
  return prediction;
}

bool one_call_apart(const Slot& a, const Slot& b) {
  if (a.as != b.as || a.size != b.size || a.hva != b.hva) return false;
  const uint32_t other_flags = a.flags ^ b.flags;
  if ((a.flags | b.flags) & slot_flag::guest_memfd || other_flags & ~slot_flag::log_dirty) {
    return false;
  }
  return a.gpa != b.gpa || other_flags != 0;
}

}  // namespace slotscope
