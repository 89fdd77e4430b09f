#include "replay/requirements.h"

#include <fmt/format.h>
#include <unistd.h>

namespace slotscope {
namespace {

constexpr size_t most_machines = 64;

Diagnostic lacks(const Operation& op, std::string what, std::string advice = "") {
  return {.fault = Fault::environment,
          .message = fmt::format("call {} {}", op.call.value, what),
          .advice = std::move(advice)};
}

Status check_operation(const Operation& op, const KvmCapabilities& kvm, uint64_t page) {
  // A call that was refused there may be refused here for another reason; one that worked must be
  // able to work.
  if (op.recorded != 0) return ok();
  if (op.as.value >= kvm.address_spaces) {
    return lacks(op,
                 fmt::format("needs address space {}; this KVM has {}", op.as.value,
                             kvm.address_spaces == 1 ? "only address space 0 (no SMM)"
                                                     : std::to_string(kvm.address_spaces)),
                 "--split-address-spaces replays each in a VM of its own");
  }
  if (op.slot.value >= kvm.user_slots) {
    return lacks(op,
                 fmt::format("uses slot {}; this KVM has {} slots", op.slot.value, kvm.user_slots));
  }
  if (op.flags & slot_flag::readonly && !kvm.readonly) {
    return lacks(op, "makes a read-only slot; this KVM has none (KVM_CAP_READONLY_MEM)");
  }
  if (op.flags & slot_flag::guest_memfd && !kvm.guest_memfd) {
    return lacks(op, "needs guest_memfd; this KVM has none (KVM_CAP_GUEST_MEMFD, 6.8 on)");
  }
  if ((op.gpa.value | op.size.value | op.host.value) % page != 0) {
    return lacks(op, fmt::format("is not aligned to this host's pages of {} bytes", page));
  }
  return ok();
}

Diagnostic option_needs(const char* option, const char* what) {
  return {.fault = Fault::environment,
          .message = fmt::format("{} needs {}, which this KVM lacks", option, what),
          .advice = "leave the option out"};
}

std::string mib_text(Bytes size) { return fmt::format("{} MiB", size.value >> 20); }

}  // namespace

Status check_capabilities(const Plan& plan, const KvmCapabilities& kvm,
                          const ReplayOptions& options) {
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  for (const Operation& op : plan.operations) {
    if (Status able = check_operation(op, kvm, page); !able) return able;
  }
  if (plan.machines.size() > most_machines) {
    return Diagnostic{.fault = Fault::usage,
                      .message = fmt::format("{} VMs at once are more than a replay creates ({})",
                                             plan.machines.size(), most_machines),
                      .advice = "pick one with --vm N"};
  }
  if (options.vm.slot_zap_all && !kvm.slot_zap_all) {
    return option_needs("--quirk slot-zap-all", "KVM_X86_QUIRK_SLOT_ZAP_ALL (6.12 on)");
  }
  if (options.vm.manual_protect && kvm.manual_protect == 0) {
    return option_needs("--dirty-log manual-protect", "KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2");
  }
  if (options.pre_fault && !kvm.pre_fault) {
    return option_needs("--pre-fault", "KVM_PRE_FAULT_MEMORY (6.11 on, and only with TDP)");
  }
  return ok();
}

Status check_memory(const Plan& plan, Bytes available, const ReplayOptions& options) {
  const Bytes share{available.value / 100 * options.memory_percent};
  if (plan.metadata_peak > share) {
    return Diagnostic{
        .fault = Fault::environment,
        .message =
            fmt::format("its slots would cost up to {} of kernel memory, more than {} % of "
                        "the {} that are free",
                        mib_text(plan.metadata_peak), options.memory_percent, mib_text(available)),
        .advice = "--memory-percent N allows more"};
  }
  if (options.fills_memory() && plan.backing_size() > share) {
    return Diagnostic{
        .fault = Fault::environment,
        .message =
            fmt::format("its guest memory would be filled: {}, more than {} % of the {} "
                        "that are free",
                        mib_text(plan.backing_size()), options.memory_percent, mib_text(available)),
        .advice = "leave out --populate or --pre-fault, or use --backing anon"};
  }
  return ok();
}

}  // namespace slotscope
