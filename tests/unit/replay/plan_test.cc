#include "replay/plan.h"

#include <cerrno>

#include "tests/support/catch.h"
#include "tests/support/plans.h"

namespace slotscope {
namespace {

using test::make_call;
using test::plan_of;
using test::try_plan;
using Role = Operation::Role;

constexpr uint64_t mib = 1 << 20, gib = 1 << 30;
constexpr uint64_t ram = 0x7f0000000000;

TEST_CASE("plan: the same calls in the same order, on scratch memory") {
  const Plan plan = plan_of({{.slot = 0, .gpa = 0, .size = gib, .hva = ram},
                             {.slot = 1, .gpa = 4 * gib, .size = mib, .hva = ram + 3 * mib},
                             {.slot = 0, .size = 0, .hva = ram}});
  REQUIRE(plan.operations.size() == 3);
  CHECK(plan.left_out.empty());
  CHECK(plan.machines.size() == 1);
  const Operation& create = plan.operations[0];
  CHECK(create.kind == UpdateKind::create);
  CHECK(create.call == CallNumber{1});
  CHECK(create.host.value % gib == ram % gib);
  CHECK(plan.operations[1].host - create.host == Bytes{3 * mib});
  const Operation& del = plan.operations[2];
  CHECK(del.kind == UpdateKind::del);
  CHECK(del.size == Bytes{0});
  CHECK(del.slot_size == Bytes{gib});
  for (const Operation& op : plan.operations) CHECK(op.host + op.size <= plan.reservation);
}

TEST_CASE("plan: the delete that QEMU's text hides is issued") {
  const std::vector<test::CallFields> flip = {
      {.slot = 0, .gpa = 0, .size = mib, .hva = ram},
      {.slot = 0, .flags = slot_flag::readonly, .gpa = 0, .size = mib, .hva = ram}};
  const Plan text = plan_of(flip, false);
  REQUIRE(text.operations.size() == 3);
  CHECK(text.operations[1].role == Role::hidden_delete);
  CHECK(text.operations[1].size == Bytes{0});
  CHECK(text.operations[1].call == CallNumber{2});
  CHECK(text.operations[1].predicted == 0);
  CHECK(text.operations[2].kind == UpdateKind::create);
  CHECK(text.operations[2].predicted == 0);

  // A faithful trace that says so is wrong, or its kernel is; the replay shows which.
  const Plan faithful = plan_of(flip, true);
  REQUIRE(faithful.operations.size() == 2);
  CHECK(faithful.operations[1].predicted == -EINVAL);
}

TEST_CASE("plan: what can't be reproduced is left out, with its reason") {
  struct Case {
    const char* name;
    std::vector<test::CallFields> calls;
    LeftOutReason reason;
  };
  const Case cases[] = {
      {"out of memory there",
       {{.slot = 0, .gpa = 0, .size = mib, .hva = ram, .ret = -ENOMEM}},
       LeftOutReason::host_dependent},
      {"perhaps no SMM there",
       {{.as = 1, .slot = 0, .gpa = 0, .size = mib, .hva = ram, .ret = -EINVAL}},
       LeftOutReason::no_address_space},
      {"a pointer that KVM could not follow",
       {{.slot = 0, .gpa = 0, .size = mib, .hva = ram, .ret = -EFAULT}},
       LeftOutReason::argument_unread},
      {"deleted, never shown", {{.slot = 3, .size = 0}}, LeftOutReason::slot_not_shown},
      {"a host address in the kernel's half",
       {{.slot = 0, .gpa = 0, .size = mib, .hva = 0xffff800000000000, .ret = -EINVAL}},
       LeftOutReason::host_address},
      {"a host range that wraps",
       {{.slot = 0, .gpa = 0, .size = UINT64_MAX - 0xfff, .hva = 0x2000, .ret = -EINVAL}},
       LeftOutReason::host_address},
      {"refused, and as large as slots get",
       {{.slot = 0, .gpa = 0, .size = uint64_t{9} << 40, .hva = 0x10000, .ret = -EINVAL}},
       LeftOutReason::too_costly},
  };
  KernelProfile shadow = newest_kernel();
  shadow.metadata = SlotMetadata::shadow;
  for (const Case& one : cases) {
    INFO(one.name);
    const Plan plan = plan_of(one.calls, true, {.host = shadow});
    CHECK(plan.operations.empty());
    REQUIRE(plan.left_out.size() == 1);
    CHECK(plan.left_out[0].reason == one.reason);
  }
}

TEST_CASE("plan: what hangs on a call that was left out is left out") {
  Call unfit = make_call({.slot = 0, .gpa = 0, .size = mib, .hva = uint64_t{1} << 63});
  unfit.hva = Hva{(uint64_t{1} << 63) - 0x1000};
  const Result<Plan> plan =
      try_plan({unfit, make_call({.slot = 0, .size = 0}), make_call({.slot = 0, .size = mib})});
  REQUIRE(plan);
  REQUIRE((*plan).left_out.size() == 2);
  CHECK((*plan).left_out[0].reason == LeftOutReason::host_address);
  CHECK((*plan).left_out[1].reason == LeftOutReason::depends_on_left_out);
  REQUIRE((*plan).operations.size() == 1);
  CHECK((*plan).operations[0].call == CallNumber{3});
}

TEST_CASE("plan: what was refused because of a slot that was left out is left out") {
  const Plan plan =
      plan_of({{.slot = 0, .gpa = 0, .size = mib, .hva = (uint64_t{1} << 63) - 0x1000},
               {.slot = 1, .gpa = 0x1000, .size = 0x1000, .hva = ram, .ret = -EEXIST},
               {.slot = 1, .gpa = mib, .size = 0x1000, .hva = ram}});
  REQUIRE(plan.left_out.size() == 2);
  CHECK(plan.left_out[0].reason == LeftOutReason::host_address);
  CHECK(plan.left_out[1].reason == LeftOutReason::depends_on_left_out);
  CHECK(plan.left_out[1].recorded == -EEXIST);
  REQUIRE(plan.operations.size() == 1);
  CHECK(plan.operations[0].call == CallNumber{3});
}

TEST_CASE("plan: a slot whose delete the trace lost is deleted before its range is used") {
  const auto slot = [](uint16_t id, uint64_t gpa, uint64_t size) {
    return make_call({.slot = id, .gpa = gpa, .size = size, .hva = ram + gpa});
  };
  const Result<Plan> plan = try_plan({slot(0, 0, mib), slot(1, mib, mib), slot(2, 2 * mib, mib),
                                      Loss{.time = {}, .count = 2}, slot(3, mib / 2, mib)});
  REQUIRE(plan);
  CHECK((*plan).lost_events);
  REQUIRE((*plan).operations.size() == 6);
  for (const uint16_t id : {0, 1}) {
    const Operation& hidden = (*plan).operations[3 + id];
    CHECK(hidden.role == Role::hidden_delete);
    CHECK(hidden.slot == SlotId{id});
    CHECK(hidden.call == CallNumber{4});
    CHECK(hidden.predicted == 0);
  }
  CHECK((*plan).operations[5].role == Role::call);
  CHECK((*plan).operations[5].predicted == 0);
}

TEST_CASE("plan: calls that KVM refuses by its rules are issued") {
  const Plan plan =
      plan_of({{.slot = 0, .gpa = 0, .size = mib, .hva = ram},
               {.slot = 1, .gpa = 0x1000, .size = mib, .hva = ram, .ret = -EEXIST},
               {.slot = 2, .gpa = 0x10000001, .size = mib, .hva = ram, .ret = -EINVAL}});
  REQUIRE(plan.operations.size() == 3);
  CHECK(plan.operations[1].predicted == -EEXIST);
  CHECK(plan.operations[2].predicted == -EINVAL);
  CHECK(plan.operations[2].gpa == Gpa{0x10000001});
}

TEST_CASE("plan: a misaligned host address stays misaligned") {
  const Plan plan = plan_of({{.slot = 0, .gpa = 0, .size = mib, .hva = ram + 0x123, .ret = -EINVAL},
                             {.slot = 0, .size = 0, .hva = 0x7f1234567321, .ret = -EINVAL}});
  REQUIRE(plan.operations.size() == 2);
  CHECK(plan.operations[0].host.value % 0x1000 == 0x123);
  CHECK(plan.operations[1].host.value % 0x1000 == 0x321);
  CHECK(plan.operations[1].host < plan.reservation);
}

TEST_CASE("plan: slots that were there at the start are set up first") {
  Call there = make_call({.slot = 4, .gpa = gib, .size = mib, .hva = ram});
  there.origin = Origin::snapshot;
  const Result<Plan> plan = try_plan({there, there, make_call({.slot = 4, .size = 0, .hva = ram})});
  REQUIRE(plan);
  REQUIRE((*plan).operations.size() == 2);
  CHECK((*plan).operations[0].role == Role::setup);
  CHECK((*plan).operations[0].call == CallNumber{0});
  CHECK((*plan).operations[1].kind == UpdateKind::del);
  CHECK((*plan).operations[1].predicted == 0);
}

TEST_CASE("plan: split address spaces become VMs of their own") {
  const std::vector<test::CallFields> calls = {{.as = 0, .gpa = 0, .size = mib, .hva = ram},
                                               {.as = 1, .gpa = 0, .size = mib, .hva = ram}};
  KernelProfile host = newest_kernel();
  host.address_spaces = 1;
  const Plan split = plan_of(calls, true, {.host = host, .split_address_spaces = true});
  REQUIRE(split.machines.size() == 2);
  CHECK(split.operations[1].as == AsId{0});
  CHECK(split.operations[1].machine == 1);
  CHECK(split.recorded_as(split.operations[1]) == AsId{1});
  CHECK(split.operations[1].predicted == 0);

  const Plan whole = plan_of(calls, true, {.host = host});
  CHECK(whole.machines.size() == 1);
  CHECK(whole.operations[1].predicted == -EINVAL);
}

TEST_CASE("plan: guest_memfd files are as large as their slots need") {
  Call first =
      make_call({.slot = 0, .flags = slot_flag::guest_memfd, .gpa = 0, .size = mib, .hva = ram});
  first.guest_memfd = 17;
  Call second = make_call(
      {.slot = 1, .flags = slot_flag::guest_memfd, .gpa = gib, .size = mib, .hva = ram + gib});
  second.guest_memfd = 17;
  second.guest_memfd_offset = Bytes{8 * mib};
  const Result<Plan> plan = try_plan({first, second});
  REQUIRE(plan);
  REQUIRE((*plan).memfds.size() == 1);
  CHECK((*plan).memfds[0].size == Bytes{9 * mib});
  CHECK((*plan).operations[1].guest_memfd == 0);
  CHECK((*plan).operations[1].guest_memfd_offset == Bytes{8 * mib});
}

TEST_CASE("plan: entries into the calls, since the first") {
  Call first = make_call({.slot = 0, .gpa = 0, .size = mib, .hva = ram});
  first.time = Nanos{5000};
  first.duration = Nanos{1000};
  Call second = make_call({.slot = 0, .size = 0, .hva = ram});
  second.time = Nanos{9000};
  const Result<Plan> plan = try_plan({first, second});
  REQUIRE(plan);
  CHECK((*plan).has_times);
  CHECK((*plan).operations[0].start == Nanos{0});
  CHECK((*plan).operations[1].start == Nanos{5000});
  CHECK((*plan).operations[0].recorded_duration == Nanos{1000});
}

TEST_CASE("plan: kernel memory for slots, by the host's MMU") {
  KernelProfile shadow = newest_kernel();
  shadow.metadata = SlotMetadata::shadow;
  const std::vector<test::CallFields> calls = {
      {.slot = 0, .gpa = 0, .size = gib, .hva = ram},
      {.slot = 0, .gpa = 4 * gib, .size = gib, .hva = ram}};
  const Bytes one = slot_metadata_bytes(GpaRange::of(Gpa{0}, Bytes{gib}), 0, shadow);
  CHECK(plan_of({calls[0]}, true, {.host = shadow}).metadata_peak == one);
  // A move holds the old and the new at once.
  CHECK(plan_of(calls, true, {.host = shadow}).metadata_peak == one + one);
  CHECK(plan_of(calls).metadata_peak.value < one.value / 100);
}

TEST_CASE("plan: more host memory than can be reserved is an error") {
  std::vector<Event> events;
  for (uint16_t i = 0; i < 20; ++i) {
    events.push_back(make_call({.slot = i,
                                .gpa = uint64_t{i} << 43,
                                .size = uint64_t{7} << 40,
                                .hva = 0x1000 + (uint64_t{i} << 43)}));
  }
  const Result<Plan> plan = try_plan(events);
  REQUIRE_FALSE(plan);
  CHECK(plan.error().fault == Fault::bad_input);
}

}  // namespace
}  // namespace slotscope
