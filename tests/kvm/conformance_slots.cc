#include "tests/kvm/conformance_slots.h"

#include <fmt/format.h>
#include <unistd.h>

#include "analyzer/capture/kernel_check.h"
#include "probes/collector.h"

namespace slotscope::conformance {
namespace {

constexpr VmId tested{1};

class LiveSlots : public KernelSlots {
 public:
  explicit LiveSlots(std::unique_ptr<Collector> collector) : collector_(std::move(collector)) {}

  void begin_vm() override {
    check_ = KernelCheck();
    check_.vm_created(tested);
  }

  void add(const Step& step) override { check_.add(step); }

  Result<std::string> difference(const Model& model) override {
    std::vector<Observation> seen;
    if (Status read = collector_->read_slots(); !read) return std::move(read).error();
    if (Status drained = collector_->drain(seen); !drained) return std::move(drained).error();
    latest_.clear();
    size_t spaces = 0;
    std::string difference;
    for (Observation& observation : seen) {
      auto* snapshot = std::get_if<SpaceSnapshot>(&observation);
      // The last looks are at VMs of earlier rounds, when they were closed.
      if (!snapshot || snapshot->last_look) continue;
      ++spaces;
      snapshot->vm = tested;
      latest_.insert(latest_.end(), snapshot->slots.begin(), snapshot->slots.end());
      const SpaceCheck check = check_.compare(*snapshot, model);
      if (!check.agrees() && difference.empty()) difference = describe(check);
    }
    if (spaces > 0) return difference;
    return Diagnostic{.fault = Fault::environment,
                      .message = "the kernel shows no slots of the VM under test"};
  }

  std::vector<Call> latest() const override { return latest_; }

 private:
  static std::string describe(const SpaceCheck& check) {
    if (!check.usable) {
      return fmt::format("the slots of address space {} could not be read whole", check.as.value);
    }
    std::string text =
        fmt::format("address space {}: {} slots in the kernel", check.as.value, check.kernel_slots);
    if (check.differing_slots) text += "; " + check.first_difference;
    if (check.surplus_swaps.value_or(0)) {
      text += fmt::format("; {:+} swaps that the calls do not explain", *check.surplus_swaps);
    }
    return text;
  }

  std::unique_ptr<Collector> collector_;
  KernelCheck check_;
  std::vector<Call> latest_;
};

}  // namespace

Result<std::unique_ptr<KernelSlots>> open_kernel_slots() {
  auto collector = Collector::open({});
  if (!collector) return std::move(collector).error();
  if (const auto& blind = (*collector)->blind()) return *blind;
  if (Status self = (*collector)->follow(Pid{static_cast<uint32_t>(getpid())}); !self) {
    return std::move(self).error();
  }
  return std::unique_ptr<KernelSlots>(std::make_unique<LiveSlots>(*std::move(collector)));
}

}  // namespace slotscope::conformance
