#include "replay/requirements.h"

#include <unistd.h>

#include <cerrno>

#include "replay/guest.h"
#include "replay/host_facts.h"
#include "tests/support/catch.h"
#include "tests/support/plans.h"

namespace slotscope {
namespace {

using test::plan_of;

constexpr uint64_t mib = 1 << 20, gib = 1 << 30;

KvmCapabilities able() {
  return {.user_slots = 32764,
          .address_spaces = 2,
          .readonly = true,
          .guest_memfd = true,
          .pre_fault = true,
          .slot_zap_all = true,
          .manual_protect = 3};
}

TEST_CASE("capabilities: what a plan needs and this KVM lacks is said") {
  const Plan smm = plan_of({{.as = 1, .gpa = 0, .size = mib}});
  const Plan high = plan_of({{.slot = 600, .gpa = 0, .size = mib}});
  const Plan rom = plan_of({{.flags = slot_flag::readonly, .gpa = 0, .size = mib}});
  for (const Plan* plan : {&smm, &high, &rom}) CHECK(check_capabilities(*plan, able(), {}));

  KvmCapabilities one_space = able();
  one_space.address_spaces = 1;
  const Status no_smm = check_capabilities(smm, one_space, {});
  REQUIRE_FALSE(no_smm);
  CHECK(no_smm.error().fault == Fault::environment);
  CHECK(no_smm.error().message.find("call 1 needs address space 1") == 0);
  CHECK(no_smm.error().advice.find("--split-address-spaces") == 0);

  KvmCapabilities old = able();
  old.user_slots = 509;
  CHECK_FALSE(check_capabilities(high, old, {}));
  KvmCapabilities no_rom = able();
  no_rom.readonly = false;
  CHECK_FALSE(check_capabilities(rom, no_rom, {}));

  Call memfd = test::make_call({.flags = slot_flag::guest_memfd, .gpa = 0, .size = mib});
  memfd.guest_memfd = 9;
  const Result<Plan> with_memfd = test::try_plan({memfd});
  REQUIRE(with_memfd);
  CHECK(check_capabilities(*with_memfd, able(), {}));
  KvmCapabilities no_memfd = able();
  no_memfd.guest_memfd = false;
  CHECK_FALSE(check_capabilities(*with_memfd, no_memfd, {}));

  KvmCapabilities three_spaces = able();
  three_spaces.address_spaces = 3;
  Plan far = smm;
  far.operations[0].as = AsId{3};
  const Status no_space = check_capabilities(far, three_spaces, {});
  REQUIRE_FALSE(no_space);
  CHECK(no_space.error().message == "call 1 needs address space 3; this KVM has 3");
}

TEST_CASE("capabilities: what worked on smaller pages is not tried on larger ones") {
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  for (const auto field : {&Operation::size, &Operation::host}) {
    Plan plan = plan_of({{.gpa = 0, .size = mib}});
    (plan.operations[0].*field).value += page / 2;
    const Status refused = check_capabilities(plan, able(), {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.starts_with("call 1 is not aligned to this host's pages of "));
  }
}

TEST_CASE("capabilities: a replay has a limit of VMs") {
  std::vector<Event> events;
  for (uint32_t vm = 1; vm <= 65; ++vm) {
    Call call = test::make_call({.gpa = 0, .size = mib});
    call.vm = VmId{vm};
    events.push_back(call);
    const Result<Plan> plan = test::try_plan(events);
    REQUIRE(plan);
    const Status able_to = check_capabilities(*plan, able(), {});
    REQUIRE(static_cast<bool>(able_to) == (vm <= 64));
    if (!able_to) CHECK(able_to.error().advice == "pick one with --vm N");
  }
}

TEST_CASE("capabilities: a refused call asks for nothing") {
  KvmCapabilities one_space = able();
  one_space.address_spaces = 1;
  Plan plan = plan_of({{.slot = 0, .gpa = 0x123, .size = mib, .ret = -EINVAL}});
  CHECK(check_capabilities(plan, one_space, {}));
}

TEST_CASE("capabilities: options too") {
  const Plan plan = plan_of({{.gpa = 0, .size = mib}});
  ReplayOptions zap, protect, fault;
  zap.vm.slot_zap_all = false;
  protect.vm.manual_protect = true;
  fault.pre_fault = true;
  for (const ReplayOptions* options : {&zap, &protect, &fault}) {
    CHECK(check_capabilities(plan, able(), *options));
    const Status refused = check_capabilities(
        plan, {.user_slots = 32764, .address_spaces = 1, .readonly = true}, *options);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().fault == Fault::environment);
  }
}

TEST_CASE("memory: slots may cost a share of what is free") {
  KernelProfile shadow = newest_kernel();
  shadow.metadata = SlotMetadata::shadow;
  const Plan plan = plan_of({{.gpa = 0, .size = 40 * gib}}, true, {.host = shadow});
  CHECK(plan.metadata_peak.value / mib == 100);
  CHECK(check_memory(plan, Bytes{gib}, {}));
  const Status refused = check_memory(plan, Bytes{300 * mib}, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("100 MiB") != std::string::npos);
  CHECK(refused.error().advice.find("--memory-percent") == 0);
  ReplayOptions more;
  more.memory_percent = 50;
  CHECK(check_memory(plan, Bytes{300 * mib}, more));
  CHECK_FALSE(check_memory(plan, Bytes{0}, {}));
}

TEST_CASE("memory: filling the guest's memory costs all of it") {
  const Plan plan = plan_of({{.gpa = 0, .size = gib}});
  CHECK(check_memory(plan, Bytes{2 * gib}, {}));
  ReplayOptions populate, walk;
  populate.populate = true;
  CHECK_FALSE(check_memory(plan, Bytes{2 * gib}, populate));
  walk.vcpus = 1;
  walk.guest = GuestWork::walk;
  CHECK(check_memory(plan, Bytes{2 * gib}, walk));  // reads find the zero page
  walk.backing = Backing::memfd;
  CHECK_FALSE(check_memory(plan, Bytes{2 * gib}, walk));
}

TEST_CASE("the guest's own place is one that no operation names") {
  const Plan plan = plan_of({{.slot = 32763, .gpa = 0, .size = 0xfd000000},
                             {.slot = 2, .gpa = 0xfd000000, .size = 0x800000},
                             {.slot = 3, .gpa = 4 * gib, .size = gib}});
  const Result<GuestSite> site = find_guest_site(plan, 0, 32764);
  REQUIRE(site);
  CHECK((*site).gpa == Gpa{0xfd800000});
  CHECK((*site).slot == SlotId{32762});

  const Plan full = plan_of({{.gpa = 0, .size = 4 * gib}});
  const Result<GuestSite> none = find_guest_site(full, 0, 32764);
  REQUIRE_FALSE(none);
  CHECK(none.error().fault == Fault::environment);
}

TEST_CASE("a host's rules are what its KVM answers") {
  HostFacts facts;
  facts.shadow_paging = true;
  KvmCapabilities small;
  small.user_slots = 509;
  small.address_spaces = 1;
  const KernelProfile profile = host_profile(small, facts);
  CHECK(profile.user_slots == 509);
  CHECK(profile.address_spaces == 1);
  CHECK(profile.guest_memfd == GuestMemfdRule::none);
  CHECK(profile.metadata == SlotMetadata::shadow);
}

}  // namespace
}  // namespace slotscope
