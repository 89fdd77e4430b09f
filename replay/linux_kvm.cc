#include "replay/linux_kvm.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "analyzer/base/escape.h"
#include "analyzer/base/unique_fd.h"
#include "replay/kvm_uapi.h"
#include "replay/linux_vcpu.h"

namespace slotscope {
namespace {

constexpr int api_version = 12;  // the only one there is (KVM_GET_API_VERSION)

Diagnostic failed(const char* what) {
  const int error = errno;
  const char* advice = error == ENOMEM  ? "free some memory, or replay with fewer VMs (--vm N)"
                       : error == EBUSY ? "another hypervisor has the CPU's virtualization"
                                        : "";
  return {.fault = Fault::environment,
          .message = fmt::format("{}: {}", what, std::strerror(error)),
          .advice = advice};
}

KvmCapabilities ask(int kvm) {
  const auto value = [&](int capability) {
    const int answer = ioctl(kvm, KVM_CHECK_EXTENSION, capability);
    return answer > 0 ? static_cast<uint32_t>(answer) : 0;
  };
  KvmCapabilities found;
  found.user_slots = value(KVM_CAP_NR_MEMSLOTS);
  found.address_spaces = std::max(1u, value(KVM_CAP_MULTI_ADDRESS_SPACE));  // 0 stands for one
  found.readonly = value(KVM_CAP_READONLY_MEM) > 0;
  found.guest_memfd = value(uapi::cap_guest_memfd) > 0 && value(uapi::cap_user_memory2) > 0;
  found.pre_fault = value(uapi::cap_pre_fault_memory) > 0;
  found.slot_zap_all = value(uapi::cap_disable_quirks2) & uapi::quirk_slot_zap_all;
  found.manual_protect = value(KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2);
  return found;
}

class LinuxVm : public KvmVm {
 public:
  LinuxVm(UniqueFd vm, size_t run_size) : vm_(std::move(vm)), run_size_(run_size) {}

  int32_t set_memory(const SlotRequest& request) override {
    const uint32_t slot = static_cast<uint32_t>(request.as.value) << 16 | request.slot.value;
    if (request.guest_memfd) return set_memory2(slot, request);
    kvm_userspace_memory_region region{.slot = slot,
                                       .flags = request.flags,
                                       .guest_phys_addr = request.gpa.value,
                                       .memory_size = request.size.value,
                                       .userspace_addr = request.hva.value};
    return ioctl(vm_.get(), KVM_SET_USER_MEMORY_REGION, &region) == 0 ? 0 : -errno;
  }

  Result<int> create_guest_memfd(Bytes size) override {
    uapi::CreateGuestMemfd request{.size = size.value, .flags = 0, .reserved = {}};
    UniqueFd file(ioctl(vm_.get(), uapi::create_guest_memfd, &request));
    if (!file) return failed("can't create a guest_memfd");
    memfds_.push_back(std::move(file));
    return memfds_.back().get();
  }

  Result<std::unique_ptr<KvmVcpu>> create_vcpu(uint32_t index, const VcpuEntry& entry) override {
    UniqueFd vcpu(ioctl(vm_.get(), KVM_CREATE_VCPU, static_cast<unsigned long>(index)));
    if (!vcpu) return failed("can't create a vCPU");
    return open_linux_vcpu(std::move(vcpu), run_size_, entry);
  }

  // Before the first slot: the quirk and the protection are properties of the whole VM.
  Status configure(const VmOptions& options, const KvmCapabilities& capabilities) {
    if (options.slot_zap_all == false &&
        !enable(uapi::cap_disable_quirks2, uapi::quirk_slot_zap_all)) {
      return failed("can't switch the slot-zap-all quirk off");
    }
    if (options.manual_protect &&
        !enable(KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, capabilities.manual_protect)) {
      return failed("can't switch manual dirty log protection on");
    }
    return ok();
  }

 private:
  int32_t set_memory2(uint32_t slot, const SlotRequest& request) {
    uapi::MemoryRegion2 region{};
    region.slot = slot;
    region.flags = request.flags;
    region.guest_phys_addr = request.gpa.value;
    region.memory_size = request.size.value;
    region.userspace_addr = request.hva.value;
    region.guest_memfd_offset = request.guest_memfd_offset.value;
    region.guest_memfd = static_cast<uint32_t>(*request.guest_memfd);
    return ioctl(vm_.get(), uapi::set_user_memory_region2, &region) == 0 ? 0 : -errno;
  }

  bool enable(int capability, uint64_t argument) {
    kvm_enable_cap request{};
    request.cap = static_cast<uint32_t>(capability);
    request.args[0] = argument;
    return ioctl(vm_.get(), KVM_ENABLE_CAP, &request) == 0;
  }

  UniqueFd vm_;
  size_t run_size_;
  std::vector<UniqueFd> memfds_;
};

class LinuxKvm : public Kvm {
 public:
  LinuxKvm(UniqueFd kvm, size_t run_size)
      : kvm_(std::move(kvm)), run_size_(run_size), capabilities_(ask(kvm_.get())) {}

  const KvmCapabilities& capabilities() const override { return capabilities_; }

  Result<std::unique_ptr<KvmVm>> create_vm(const VmOptions& options) override {
    UniqueFd fd;
    // kvm_create_vm can be interrupted by a signal (wait_for_completion_killable and the like).
    do fd.reset(ioctl(kvm_.get(), KVM_CREATE_VM, 0ul));
    while (!fd && errno == EINTR);
    if (!fd) return failed("can't create a VM");
    auto vm = std::make_unique<LinuxVm>(std::move(fd), run_size_);
    Status configured = vm->configure(options, capabilities_);
    if (!configured) return std::move(configured).error();
    return std::unique_ptr<KvmVm>(std::move(vm));
  }

 private:
  UniqueFd kvm_;
  size_t run_size_;
  KvmCapabilities capabilities_;
};

}  // namespace

Result<std::unique_ptr<Kvm>> open_linux_kvm(const std::string& path) {
  UniqueFd kvm(open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!kvm) {
    const int error = errno;
    return Diagnostic{.fault = Fault::environment,
                      .place = escape_for_terminal(path),
                      .message = std::strerror(error),
                      .advice = error == EACCES || error == EPERM
                                    ? "join the group kvm, or run as root"
                                    : "load kvm_intel or kvm_amd; in a virtual machine, its host "
                                      "must allow nested virtualization (--dry-run needs no KVM)"};
  }
  if (ioctl(kvm.get(), KVM_GET_API_VERSION, 0) != api_version) {
    return Diagnostic{.fault = Fault::environment,
                      .place = escape_for_terminal(path),
                      .message = "is not KVM, or of another API than version 12"};
  }
  const int run_size = ioctl(kvm.get(), KVM_GET_VCPU_MMAP_SIZE, 0);
  if (run_size <= 0) return failed("can't ask KVM for the size of a vCPU's mapping");
  return std::unique_ptr<Kvm>(
      std::make_unique<LinuxKvm>(std::move(kvm), static_cast<size_t>(run_size)));
}

}  // namespace slotscope
