#include "analyzer/capture/kernel_check.h"

#include "tests/support/calls.h"
#include "tests/support/catch.h"

namespace slotscope {
namespace {

using test::make_call;

SpaceSnapshot snapshot_of(uint64_t generation, std::vector<Call> slots = {}) {
  SpaceSnapshot snapshot;
  snapshot.vm = VmId{1};
  snapshot.generation = generation;
  snapshot.slots = std::move(slots);
  return snapshot;
}

class Capture {
 public:
  void call(const test::CallFields& fields) {
    const Event event = make_call(fields);  // the step points into it
    const Step* step = model.apply(event);
    REQUIRE(step);
    check.add(*step);
  }
  Model model{newest_kernel(), true};
  KernelCheck check;
};

// create, log on, move, delete, create again, and two that swap nothing
void use_every_kind(Capture& capture) {
  capture.call({.gpa = 0x1000, .size = 0x1000});
  capture.call({.flags = 1, .gpa = 0x1000, .size = 0x1000});
  capture.call({.flags = 1, .gpa = 0x4000, .size = 0x1000});
  capture.call({.gpa = 0x4000});
  capture.call({.gpa = 0x1000, .size = 0x1000});
  capture.call({.gpa = 0x1000, .size = 0x1000});
  capture.call({.slot = 5, .ret = -22});
}

TEST_CASE("each kind of update takes its number of swaps") {
  Capture capture;
  capture.check.vm_created(VmId{1});
  use_every_kind(capture);
  const Call slot = make_call({.gpa = 0x1000, .size = 0x1000});
  const SpaceCheck check = capture.check.compare(snapshot_of(7, {slot}), capture.model);
  CHECK(check.surplus_swaps == 0);
  CHECK(check.differing_slots == 0);
  CHECK(check.agrees());
}

TEST_CASE("a missed call shows in the kernel's count of swaps") {
  Capture capture;
  capture.check.vm_created(VmId{1});
  use_every_kind(capture);
  CHECK(capture.check.compare(snapshot_of(10), capture.model).surplus_swaps == 3);
  CHECK(capture.check.compare(snapshot_of(5), capture.model).surplus_swaps == -2);
}

TEST_CASE("a generation counts in steps of the VM's address spaces, from its own id") {
  Capture capture;
  capture.check.vm_created(VmId{1});
  capture.call({.as = 1, .gpa = 0x1000, .size = 0x1000});
  SpaceSnapshot smm = snapshot_of(3, {make_call({.as = 1, .gpa = 0x1000, .size = 0x1000})});
  smm.as = AsId{1};
  smm.address_spaces = 2;
  CHECK(capture.check.compare(smm, capture.model).agrees());
  SpaceSnapshot normal = snapshot_of(2);
  normal.address_spaces = 2;
  CHECK(capture.check.compare(normal, capture.model).surplus_swaps == 1);
}

TEST_CASE("the mark of a running swap is no part of the count") {
  Capture capture;
  capture.check.vm_created(VmId{1});
  CHECK(capture.check.compare(snapshot_of(uint64_t{1} << 63), capture.model).surplus_swaps == 0);
}

TEST_CASE("a VM that was found running counts from the generation that it had") {
  Capture capture;
  const Call slot = make_call({.gpa = 0x1000, .size = 0x1000});
  CHECK_FALSE(capture.check.compare(snapshot_of(9), capture.model).surplus_swaps);
  capture.check.vm_found(snapshot_of(40, {slot}));
  Call seed = slot;
  seed.origin = Origin::snapshot;
  capture.model.apply(seed);
  capture.call({.gpa = 0x1000});
  CHECK(capture.check.compare(snapshot_of(42), capture.model).agrees());
}

TEST_CASE("slots that KVM adds for itself explain their swaps") {
  Capture capture;
  capture.check.vm_created(VmId{1});
  SpaceSnapshot end = snapshot_of(3);
  end.internal_slots = 3;
  const SpaceCheck check = capture.check.compare(end, capture.model);
  CHECK(check.agrees());
  CHECK(check.internal_slots == 3);
}

TEST_CASE("a refused move may have taken two swaps or none") {
  for (const uint64_t generation : {1, 3}) {
    Capture capture;
    capture.check.vm_created(VmId{1});
    capture.call({.gpa = 0x1000, .size = 0x1000});
    capture.call({.gpa = uint64_t{1} << 52, .size = 0x1000, .ret = -22});
    const Call slot = make_call({.gpa = 0x1000, .size = 0x1000});
    CHECK(capture.check.compare(snapshot_of(generation, {slot}), capture.model).agrees());
  }
}

TEST_CASE("differing slots are counted on both sides and the first is told") {
  Capture capture;
  capture.check.vm_created(VmId{1});
  capture.call({.slot = 1, .gpa = 0x1000, .size = 0x1000});
  capture.call({.slot = 2, .gpa = 0x8000, .size = 0x1000});
  const SpaceCheck check = capture.check.compare(
      snapshot_of(2, {make_call({.slot = 1, .gpa = 0x1000, .size = 0x1000}),
                      make_call({.slot = 2, .flags = 1, .gpa = 0x8000, .size = 0x1000})}),
      capture.model);
  CHECK(check.differing_slots == 2);
  CHECK(check.first_difference ==
        "only in the kernel: slot 2 at 0x8000, 0x1000 bytes, host 0x7f0000000000, flags 0x1");
  CHECK_FALSE(check.agrees());
}

TEST_CASE("nothing is concluded from a snapshot of two states") {
  Capture capture;
  capture.check.vm_created(VmId{1});
  SpaceSnapshot end = snapshot_of(99);
  end.one_state = false;
  const SpaceCheck check = capture.check.compare(end, capture.model);
  CHECK_FALSE(check.usable);
  CHECK_FALSE(check.surplus_swaps);
}

}  // namespace
}  // namespace slotscope
