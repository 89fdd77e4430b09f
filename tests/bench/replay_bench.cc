// The replay's budgets: a call's mean against the same ioctl in a bare C loop on a VM of the same
// shape, in turn, and the planning of a million calls.
//   replay_bench [PAIRS]
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "analyzer/model/model.h"
#include "replay/comparison.h"
#include "replay/executor.h"
#include "replay/host_facts.h"
#include "replay/linux_kvm.h"
#include "replay/plan.h"

namespace {

using namespace slotscope;

constexpr uint64_t slot_size = 64 << 10;
constexpr int round_trips = 2000;  // a create and a delete each

Plan plan_of(int trips, uint32_t slots, const KernelProfile& host) {
  Model model(newest_kernel(), true);
  PlanBuilder builder({.host = host});
  Call call;
  for (int i = 0; i < trips; ++i) {
    call.slot = SlotId{static_cast<uint16_t>(static_cast<uint32_t>(i) % slots)};
    call.gpa = Gpa{call.slot.value * slot_size};
    call.hva = Hva{0x7f0000000000 + call.gpa.value};
    for (const uint64_t size : {slot_size, uint64_t{0}}) {
      call.size = Bytes{size};
      const Event event = call;
      builder.add(event, model.apply(event));
    }
  }
  return *builder.finish();
}

double nanos(const timespec& t) {
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

// The mean of an ioctl, as one would measure it by hand; negative when something fails.
double bare_loop() {
  const int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  const int vm = ioctl(kvm, KVM_CREATE_VM, 0ul);
  void* memory = mmap(nullptr, slot_size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  double sum = 0;
  bool failed = kvm < 0 || vm < 0 || memory == MAP_FAILED;
  for (int i = 0; i < 2 * round_trips && !failed; ++i) {
    kvm_userspace_memory_region region{};
    region.memory_size = i % 2 == 0 ? slot_size : 0;
    region.userspace_addr = reinterpret_cast<uint64_t>(memory);
    timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    failed = ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) != 0;
    clock_gettime(CLOCK_MONOTONIC, &after);
    sum += nanos(after) - nanos(before);
  }
  munmap(memory, slot_size);
  close(vm);
  close(kvm);
  return failed ? -1 : sum / (2 * round_trips);
}

int compare(int pairs) {
  Result<std::unique_ptr<Kvm>> kvm = open_linux_kvm("/dev/kvm");
  if (!kvm) {
    std::printf("replay: skipped, %s\n", kvm.error().message.c_str());
    return 0;
  }
  const Plan plan =
      plan_of(round_trips, 1, host_profile((*kvm)->capabilities(), read_host_facts("")));
  const ReplayOptions options;
  const std::atomic<bool> stop = false;
  Executor executor(**kvm, system_clock(), options, stop);
  std::vector<double> ratios;
  for (int i = 0; i < pairs; ++i) {
    const double bare = bare_loop();
    const Result<ReplayRun> run = executor.run(plan);
    if (bare <= 0 || !run) return 1;
    const double replayed = static_cast<double>((*run).total.value) / (2 * round_trips);
    ratios.push_back(replayed / bare);
  }
  const Estimate ratio = bootstrap_median(ratios);
  std::printf("replayed call / bare C loop, mean: %.4f (95 %%: %.4f-%.4f, %d pairs, budget 1.03)\n",
              ratio.median, ratio.ci95[0], ratio.ci95[1], pairs);
  return 0;
}

void plan_a_million() {
  for (const uint32_t slots : {10u, 32764u}) {
    const Nanos before = system_clock().now();
    const Plan plan = plan_of(500'000, slots, newest_kernel());
    const Nanos took = system_clock().now() - before;
    std::printf("planning %zu calls on %u slots: %.3f s (budget 1 s, the model included)\n",
                plan.operations.size(), slots, static_cast<double>(took.value) / 1e9);
  }
}

}  // namespace

int main(int argc, char** argv) {
  plan_a_million();
  const int pairs = argc > 1 ? std::atoi(argv[1]) : 41;
  return pairs > 0 ? compare(pairs) : 2;
}
