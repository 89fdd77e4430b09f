// Replays on the machine's own KVM. Without one the program says so and exits 77.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>

#include "replay/executor.h"
#include "replay/host_facts.h"
#include "replay/linux_kvm.h"
#include "replay/plan.h"
#include "replay/requirements.h"
#include "replay/statistics.h"
#include "replay/variants.h"
#include "tests/support/catch.h"
#include "tests/support/plans.h"
#include "tests/support/read_all.h"

namespace slotscope {
namespace {

constexpr uint64_t mib = 1 << 20;

struct Machine {
  HostFacts facts = read_host_facts("");
  std::unique_ptr<Kvm> kvm;
  KernelProfile profile;
  ReplayOptions options;
  std::atomic<bool> stop = false;

  Machine() {
    Result<std::unique_ptr<Kvm>> opened = open_linux_kvm("/dev/kvm");
    REQUIRE(opened);
    kvm = *std::move(opened);
    profile = host_profile(kvm->capabilities(), facts);
  }

  ReplayRun run(const Plan& plan) {
    REQUIRE(check_capabilities(plan, kvm->capabilities(), options));
    REQUIRE(check_memory(plan, available_memory(""), options));
    Result<ReplayRun> run = Executor(*kvm, system_clock(), options, stop).run(plan);
    REQUIRE(run);
    REQUIRE((*run).results.size() == plan.operations.size());
    return *std::move(run);
  }
};

// Both notes and everything else that ships, each address space in a VM of its own where it must.
TEST_CASE("every shipped trace replays and this kernel agrees", "[kvm]") {
  Machine machine;
  const std::string root = std::string(std::getenv("SLOTSCOPE_SOURCE_ROOT")) + "/traces";
  size_t replayed = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file() || entry.path().extension() == ".md") continue;
    INFO(entry.path());
    const Result<test::ReadTrace> trace = test::read_file(entry.path());
    REQUIRE(trace);
    Model model(newest_kernel(), (*trace).info.faithful);
    PlanBuilder builder(
        {.host = machine.profile, .split_address_spaces = machine.profile.address_spaces < 2});
    for (const Event& event : (*trace).events) builder.add(event, model.apply(event));
    const Result<Plan> plan = builder.finish();
    REQUIRE(plan);
    if ((*plan).operations.empty()) continue;
    const ReplayRun run = machine.run(*plan);
    CHECK(disagreements(*plan, std::vector{run}).empty());
    ++replayed;
  }
  CHECK(replayed > 20);
}

TEST_CASE("variants of a boot are accepted by this kernel", "[kvm]") {
  Machine machine;
  const std::string root = std::string(std::getenv("SLOTSCOPE_SOURCE_ROOT"));
  const Result<test::ReadTrace> trace = test::read_file(root + "/traces/notes/smm-off.log");
  REQUIRE(trace);
  Model model(newest_kernel(), false);
  PlanBuilder builder({.host = machine.profile});
  for (const Event& event : (*trace).events) builder.add(event, model.apply(event));
  const Result<Plan> plan = builder.finish();
  REQUIRE(plan);
  for (const Plan& variant : {without_redundant_pairs(*plan, machine.profile),
                              minimal_per_commit(*plan, machine.profile)}) {
    CHECK(variant.operations.size() <= (*plan).operations.size());
    for (const int32_t result : machine.run(variant).results) CHECK(result == 0);
  }
}

TEST_CASE("a vCPU reads live slots and falls into holes", "[kvm]") {
  Machine machine;
  machine.options.vcpus = 1;
  machine.options.guest = GuestWork::touch;
  std::vector<Event> events;
  uint64_t commit = 1;
  const auto add = [&](const test::CallFields& fields) {
    Call call = test::make_call(fields);
    call.commit = CommitId{commit};
    events.push_back(call);
  };
  add({.slot = 0, .gpa = 0x40000000, .size = 16 * mib});
  // Each commit splits the slot and joins it again: in between, 0x40000000 is away.
  for (int i = 0; i < 200; ++i) {
    ++commit;
    add({.slot = 0, .size = 0});
    add({.slot = 1, .gpa = 0x40000000, .size = 8 * mib});
    add({.slot = 1, .size = 0});
    add({.slot = 0, .gpa = 0x40000000, .size = 16 * mib});
  }
  const Result<Plan> plan = test::try_plan(events, true, {.host = machine.profile});
  REQUIRE(plan);
  const ReplayRun run = machine.run(*plan);
  CHECK(run.vcpu_failure.empty());
  uint64_t exits = 0;
  for (const HoleExits& hole : run.holes) {
    CHECK(hole.range.begin == Gpa{0x40000000});
    exits += hole.mmio_exits;
  }
  CHECK(exits > 0);
}

// A pool of huge pages that is too small must cost the vCPU, never us: a write to it is SIGBUS.
TEST_CASE("huge pages that are not there kill nobody", "[kvm]") {
  Machine machine;
  machine.options.backing = Backing::hugetlb;
  machine.options.vcpus = 1;
  machine.options.guest = GuestWork::touch;
  const Plan plan =
      test::plan_of({{.slot = 0, .gpa = 0x40000000, .size = 64 * mib}, {.slot = 0, .size = 0}},
                    true, {.host = machine.profile});
  const Result<ReplayRun> run =
      Executor(*machine.kvm, system_clock(), machine.options, machine.stop).run(plan);
  if (!run) {
    CHECK(run.error().advice.find("nr_hugepages") != std::string::npos);
    return;
  }
  CHECK((*run).results == std::vector<int32_t>{0, 0});
}

TEST_CASE("what this kernel can be told, it takes", "[kvm]") {
  Machine machine;
  const Plan plan =
      test::plan_of({{.slot = 0, .gpa = 0, .size = mib},
                     {.slot = 0, .flags = slot_flag::log_dirty, .gpa = 0, .size = mib},
                     {.slot = 0, .size = 0}},
                    true, {.host = machine.profile});
  const KvmCapabilities& able = machine.kvm->capabilities();
  machine.options.vm.manual_protect = able.manual_protect > 0;
  if (able.slot_zap_all) machine.options.vm.slot_zap_all = false;
  for (const Backing backing : {Backing::anon, Backing::thp, Backing::memfd}) {
    machine.options.backing = backing;
    machine.options.populate = backing != Backing::anon;
    CHECK(machine.run(plan).results == std::vector<int32_t>{0, 0, 0});
  }
}

TEST_CASE("a guest_memfd is created anew", "[kvm]") {
  Machine machine;
  if (!machine.kvm->capabilities().guest_memfd) {
    WARN("this KVM has no guest_memfd");
    return;
  }
  Call create =
      test::make_call({.slot = 0, .flags = slot_flag::guest_memfd, .gpa = 0, .size = mib});
  create.guest_memfd = 1234;
  create.guest_memfd_offset = Bytes{mib};
  const Result<Plan> plan = test::try_plan({create, test::make_call({.slot = 0, .size = 0})}, true,
                                           {.host = machine.profile});
  REQUIRE(plan);
  CHECK(machine.run(*plan).results == std::vector<int32_t>{0, 0});
}

}  // namespace
}  // namespace slotscope

int main(int argc, char** argv) {
  const int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  if (kvm < 0) {
    std::perror("/dev/kvm");
    return 77;
  }
  close(kvm);
  return Catch::Session().run(argc, argv);
}
