#include "replay/fake_kvm.h"

#include <condition_variable>
#include <mutex>

#include "replay/simulation.h"

namespace slotscope {
namespace {

// A guest that does nothing until it is interrupted.
class FakeVcpu : public KvmVcpu {
 public:
  VcpuExit run() override {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return interrupted_; });
    return {.kind = VcpuExit::Kind::interrupted};
  }
  void interrupt() override {
    const std::lock_guard lock(mutex_);
    interrupted_ = true;
    wake_.notify_all();
  }
  Status pre_fault(GpaRange) override { return ok(); }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool interrupted_ = false;
};

class FakeVm : public KvmVm {
 public:
  FakeVm(FakeClock& clock, const KernelProfile& kernel, const FakeCosts& costs)
      : clock_(clock), costs_(costs), slots_(kernel) {}

  int32_t set_memory(const SlotRequest& request) override {
    Call call;
    call.as = request.as;
    call.slot = request.slot;
    call.flags = request.flags;
    call.gpa = request.gpa;
    call.size = request.size;
    call.hva = request.hva;
    call.guest_memfd = request.guest_memfd.value_or(-1);
    call.guest_memfd_offset = request.guest_memfd_offset;
    const Simulation::Outcome outcome = slots_.apply(0, call);
    clock_.advance(cost_of(outcome.kind));
    return outcome.ret;
  }

  Result<int> create_guest_memfd(Bytes) override { return next_memfd_++; }

  Result<std::unique_ptr<KvmVcpu>> create_vcpu(uint32_t, const VcpuEntry&) override {
    return std::unique_ptr<KvmVcpu>(std::make_unique<FakeVcpu>());
  }

 private:
  Nanos cost_of(UpdateKind kind) const {
    switch (kind) {
      case UpdateKind::create:
        return costs_.create;
      case UpdateKind::del:
        return costs_.del;
      case UpdateKind::move:
        return costs_.move;
      case UpdateKind::flags:
        return costs_.flags;
      case UpdateKind::no_change:
      case UpdateKind::rejected:
        break;
    }
    return costs_.nothing;
  }

  FakeClock& clock_;
  FakeCosts costs_;
  Simulation slots_;
  int next_memfd_ = 1000;
};

class FakeKvm : public Kvm {
 public:
  FakeKvm(FakeClock& clock, const KernelProfile& kernel, const FakeCosts& costs)
      : clock_(clock), kernel_(kernel), costs_(costs) {
    capabilities_.user_slots = kernel.user_slots;
    capabilities_.address_spaces = kernel.address_spaces;
    capabilities_.readonly = true;
    capabilities_.guest_memfd = kernel.guest_memfd == GuestMemfdRule::any_vm;
    capabilities_.pre_fault = true;
    capabilities_.slot_zap_all = true;
    capabilities_.manual_protect = 3;
  }

  const KvmCapabilities& capabilities() const override { return capabilities_; }

  Result<std::unique_ptr<KvmVm>> create_vm(const VmOptions&) override {
    clock_.advance(costs_.create_vm);
    return std::unique_ptr<KvmVm>(std::make_unique<FakeVm>(clock_, kernel_, costs_));
  }

 private:
  FakeClock& clock_;
  KernelProfile kernel_;
  FakeCosts costs_;
  KvmCapabilities capabilities_;
};

}  // namespace

std::unique_ptr<Kvm> make_fake_kvm(FakeClock& clock, const KernelProfile& kernel,
                                   const FakeCosts& costs) {
  return std::make_unique<FakeKvm>(clock, kernel, costs);
}

}  // namespace slotscope
