// The recorded result decides the state; the verdict says what to think of it.
#include "analyzer/model/vm_state.h"

#include <cerrno>

#include "tests/support/calls.h"
#include "tests/support/catch.h"

using namespace slotscope;
using test::CallFields;
using test::make_call;

namespace {

constexpr uint64_t page = 0x1000;

struct Vm : VmState {
  explicit Vm(bool faithful = true) : VmState(VmId{1}, newest_kernel(), faithful) {}
  Update operator()(const CallFields& fields) { return apply(make_call(fields)); }
  size_t count(uint16_t as = 0) const {
    const AddressSpace* space = address_space(AsId{as});
    return space ? space->slots.count() : 0;
  }
};

}  // namespace

TEST_CASE("a slot's life") {
  Vm vm;
  CHECK(vm({.slot = 0, .gpa = 0, .size = 4 * page}).kind == UpdateKind::create);
  const Update logged = vm({.slot = 0, .flags = 1, .gpa = 0, .size = 4 * page});
  CHECK(logged.kind == UpdateKind::flags);
  CHECK(logged.before->flags == 0);
  CHECK(logged.after->flags == 1);
  const Update moved = vm({.slot = 0, .flags = 1, .gpa = 0x10000, .size = 4 * page});
  CHECK(moved.kind == UpdateKind::move);
  CHECK(moved.before->gpa == Gpa{0});
  CHECK(vm({.slot = 0, .flags = 1, .gpa = 0x10000, .size = 4 * page}).kind ==
        UpdateKind::no_change);
  const Update gone = vm({.slot = 0, .gpa = 0, .size = 0});
  CHECK(gone.kind == UpdateKind::del);
  CHECK(gone.before->gpa == Gpa{0x10000});
  CHECK_FALSE(gone.after);
  CHECK(vm.count() == 0);
  CHECK(vm.address_space(AsId{0})->metadata == Bytes{0});
}

TEST_CASE("address spaces do not see each other") {
  Vm vm;
  vm({.as = 0, .slot = 0, .size = page});
  CHECK(vm({.as = 1, .slot = 0, .size = page}).kind == UpdateKind::create);
  CHECK(vm.count(0) == 1);
  CHECK(vm.count(1) == 1);
}

TEST_CASE("a rejected call changes nothing, whatever the model thinks of it") {
  Vm vm;
  vm({.slot = 0, .size = page});
  const Update rule = vm({.slot = 1, .size = page, .ret = -EEXIST});
  CHECK(rule.kind == UpdateKind::rejected);
  CHECK(rule.verdict == Verdict::agrees);
  CHECK(vm({.slot = 1, .gpa = page, .size = page, .ret = -ENOMEM}).verdict ==
        Verdict::unpredictable);
  vm.start_known();
  CHECK(vm({.slot = 1, .gpa = page, .size = page, .ret = -EEXIST}).verdict == Verdict::disagrees);
  CHECK(vm({.slot = 0, .size = 0, .ret = -EINVAL}).verdict == Verdict::disagrees);
  CHECK(vm.count() == 1);
}

TEST_CASE("a host without SMM refuses address space 1, and that is no disagreement") {
  Vm vm;
  CHECK(vm({.as = 1, .slot = 0, .size = page, .ret = -EINVAL}).verdict == Verdict::unpredictable);
  vm({.as = 1, .slot = 0, .size = page});
  CHECK(vm({.as = 1, .slot = 1, .gpa = page, .size = page, .ret = -EINVAL}).verdict !=
        Verdict::unpredictable);
}

TEST_CASE("a READONLY flip is a create that hides a delete") {
  for (const bool faithful : {false, true}) {
    Vm vm(faithful);
    vm({.slot = 0, .size = page});
    const Update flip = vm({.slot = 0, .flags = slot_flag::readonly, .size = page});
    CHECK(flip.kind == UpdateKind::create);
    CHECK(flip.implicit_delete);
    CHECK(flip.after->flags == slot_flag::readonly);
    CHECK(flip.verdict == (faithful ? Verdict::disagrees : Verdict::agrees));
    CHECK(vm.count() == 1);
  }
}

TEST_CASE("a trace that begins in the middle teaches the slots it needs") {
  Vm vm;
  const Update first = vm({.slot = 4, .gpa = 0xfd000000, .size = 0});
  CHECK(first.kind == UpdateKind::del);
  CHECK(first.verdict == Verdict::learnt);
  CHECK_FALSE(first.before);
  CHECK(vm.learnt_slots() == 1);
  // The same delete again proves nothing: now the slot is known to be gone.
  CHECK(vm({.slot = 4, .gpa = 0xfd000000, .size = 0}).verdict == Verdict::disagrees);
  // Something unseen lies there.
  CHECK(vm({.slot = 5, .gpa = 0, .size = page, .ret = -EEXIST}).verdict == Verdict::learnt);
}

TEST_CASE("with a known start an unknown slot is a disagreement") {
  Vm vm;
  vm.start_known();
  CHECK(vm({.slot = 4, .size = 0}).verdict == Verdict::disagrees);
}

TEST_CASE("after a loss the state follows the record without complaint") {
  Vm vm;
  vm.start_known();
  vm({.slot = 0, .gpa = 0, .size = 4 * page});
  vm.lost_events();
  const Update over = vm({.slot = 1, .gpa = page, .size = page});
  CHECK(over.kind == UpdateKind::create);
  CHECK(over.implicit_delete);
  CHECK(over.verdict == Verdict::learnt);
  CHECK(vm.count() == 1);
  CHECK(vm({.slot = 1, .gpa = 0, .size = 0, .ret = -EINVAL}).verdict == Verdict::learnt);
  CHECK(vm.count() == 0);
}

TEST_CASE("an impossible slot that the record accepts is not believed") {
  Vm vm;
  const Update update = vm({.slot = 0, .gpa = ~uint64_t{0xfff}, .size = 0x2000});
  CHECK(update.verdict == Verdict::disagrees);
  CHECK(vm.count() == 0);
}

TEST_CASE("a snapshot is the start") {
  Vm vm;
  Call snapshot = make_call({.slot = 2, .gpa = 0x4000, .size = page});
  snapshot.origin = Origin::snapshot;
  vm.seed(snapshot);
  CHECK(vm.is_start_known());
  CHECK(vm.count() == 1);
  CHECK(vm({.slot = 2, .gpa = 0x4000, .size = 0}).verdict == Verdict::agrees);
}

TEST_CASE("metadata follows the formulas of the kernel") {
  const KernelProfile shadow = *kernel_profile("6.18-shadow");
  const GpaRange gib = GpaRange::of(Gpa{0}, Bytes{1ull << 30});
  // Measured on 6.18 with shadow paging: 2576 KiB of vmalloc for a slot of 1 GiB.
  CHECK(slot_metadata_bytes(gib, 0, shadow).value / 1024 == 2566);
  CHECK(slot_metadata_bytes(gib, 0, newest_kernel()) == Bytes{280 + 4 * (512 + 1)});
  CHECK(slot_metadata_bytes(gib, slot_flag::log_dirty, newest_kernel()).value -
            slot_metadata_bytes(gib, 0, newest_kernel()).value ==
        65536);
}
