#include "replay/linux_vcpu.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "replay/kvm_uapi.h"

namespace slotscope {
namespace {

constexpr int kick_signal = SIGUSR1;

// KVM_RUN only comes back early for a signal that has a handler.
void handle_kicks() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  sigaction(kick_signal, &action, nullptr);
}

kvm_segment flat_segment(uint8_t type, uint16_t selector) {
  kvm_segment segment{};
  segment.limit = 0xffffffff;
  segment.selector = selector;
  segment.type = type;
  segment.present = 1;
  segment.db = 1;
  segment.s = 1;
  segment.g = 1;
  return segment;
}

class LinuxVcpu : public KvmVcpu {
 public:
  LinuxVcpu(UniqueFd vcpu, kvm_run* run, size_t run_size)
      : vcpu_(std::move(vcpu)), run_(run), run_size_(run_size) {}
  ~LinuxVcpu() override { munmap(run_, run_size_); }

  bool enter_at(const VcpuEntry& entry) {
    kvm_sregs sregs{};
    if (ioctl(vcpu_.get(), KVM_GET_SREGS, &sregs) != 0) return false;
    constexpr uint8_t code_read_accessed = 0xb, data_write_accessed = 0x3;
    sregs.cs = flat_segment(code_read_accessed, 0x8);
    sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = flat_segment(data_write_accessed, 0x10);
    sregs.cr0 |= 1;  // PE
    if (ioctl(vcpu_.get(), KVM_SET_SREGS, &sregs) != 0) return false;
    kvm_regs regs{};
    regs.rip = entry.code.value;
    regs.rbx = entry.mailbox.value;
    regs.rflags = 2;  // the bit that is always set
    return ioctl(vcpu_.get(), KVM_SET_REGS, &regs) == 0;
  }

  VcpuExit run() override {
    thread_ = pthread_self();
    started_.store(true, std::memory_order_release);
    while (true) {
      const int result = ioctl(vcpu_.get(), KVM_RUN, 0);
      if (result != 0 && (errno == EINTR || errno == EAGAIN)) {
        if (run_->immediate_exit) return {.kind = VcpuExit::Kind::interrupted};
        continue;
      }
      if (result != 0) return failed(std::strerror(errno));
      switch (run_->exit_reason) {
        case KVM_EXIT_MMIO:
          std::memset(run_->mmio.data, 0, sizeof(run_->mmio.data));
          return {.kind = VcpuExit::Kind::mmio, .gpa = Gpa{run_->mmio.phys_addr}};
        case KVM_EXIT_INTR:
          if (run_->immediate_exit) return {.kind = VcpuExit::Kind::interrupted};
          continue;
        case KVM_EXIT_SHUTDOWN:
          return failed("the guest shut down (triple fault)");
        case KVM_EXIT_INTERNAL_ERROR:
          return failed(fmt::format("KVM internal error {}", run_->internal.suberror));
        case KVM_EXIT_FAIL_ENTRY:
          return failed(fmt::format("the CPU refused to enter the guest ({:#x})",
                                    run_->fail_entry.hardware_entry_failure_reason));
        default:
          return failed(fmt::format("unexpected exit {}", run_->exit_reason));
      }
    }
  }

  void interrupt() override {
    run_->immediate_exit = 1;
    if (started_.load(std::memory_order_acquire)) pthread_kill(thread_, kick_signal);
  }

  Status pre_fault(GpaRange range) override {
    uapi::PreFaultMemory request{
        .gpa = range.begin.value, .size = range.size().value, .flags = 0, .padding = {}};
    // It works in steps and leaves in the request what is still to do.
    while (request.size > 0) {
      if (ioctl(vcpu_.get(), uapi::pre_fault_memory, &request) == 0) continue;
      if (errno == EINTR || errno == EAGAIN) continue;
      return Diagnostic{
          .fault = Fault::environment,
          .message = fmt::format("can't pre-fault guest memory: {}", std::strerror(errno))};
    }
    return ok();
  }

 private:
  static VcpuExit failed(std::string reason) {
    return {.kind = VcpuExit::Kind::failed, .gpa = {}, .reason = std::move(reason)};
  }

  UniqueFd vcpu_;
  kvm_run* run_;
  size_t run_size_;
  pthread_t thread_{};  // the one in run()
  std::atomic<bool> started_ = false;
};

}  // namespace

Result<std::unique_ptr<KvmVcpu>> open_linux_vcpu(UniqueFd vcpu, size_t run_size,
                                                 const VcpuEntry& entry) {
  const auto failed = [](const char* what) {
    return Diagnostic{.fault = Fault::environment,
                      .message = fmt::format("{}: {}", what, std::strerror(errno))};
  };
  void* run = mmap(nullptr, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu.get(), 0);
  if (run == MAP_FAILED) return failed("can't map a vCPU");
  auto opened = std::make_unique<LinuxVcpu>(std::move(vcpu), static_cast<kvm_run*>(run), run_size);
  if (!opened->enter_at(entry)) return failed("can't set a vCPU's registers");
  handle_kicks();
  return std::unique_ptr<KvmVcpu>(std::move(opened));
}

}  // namespace slotscope
