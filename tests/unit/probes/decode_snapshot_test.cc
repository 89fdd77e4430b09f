// The kernel's own slots, gathered from their records.
#include "tests/unit/probes/wire_feed.h"

namespace slotscope {
namespace {

using namespace test;

wire_space_begin space_begin(uint64_t kvm, uint64_t generation) {
  auto begin = record_of<wire_space_begin>(WIRE_SPACE_BEGIN);
  begin.kvm = kvm;
  begin.generation = generation;
  begin.begin_ns = 10;
  begin.tgid = 42;
  begin.spaces = 2;
  std::memcpy(begin.comm, "qemu-system-x86", sizeof begin.comm);
  return begin;
}

wire_slot slot_of(uint64_t kvm, uint16_t id, uint64_t gfn, uint32_t flags = 0) {
  auto slot = record_of<wire_slot>(WIRE_SLOT);
  slot.kvm = kvm;
  slot.id = id;
  slot.base_gfn = gfn;
  slot.npages = 16;
  slot.userspace_addr = 0x7f0000000000;
  slot.flags = flags;
  slot.memfd_pgoff = 3;
  return slot;
}

wire_space_end space_end(uint64_t kvm, uint32_t slots, uint16_t flags = 0) {
  auto end = record_of<wire_space_end>(WIRE_SPACE_END);
  end.kvm = kvm;
  end.end_ns = 20;
  end.slots = slots;
  end.flags = flags;
  return end;
}

TEST_CASE("a snapshot is gathered, by gpa, KVM's own slots only counted") {
  Feed feed;
  feed(space_begin(kvm_a, 62));
  feed(space_begin(kvm_b, 7));  // taken on another processor at the same time
  feed(slot_of(kvm_a, 4, 0x100, 1u << 16 | 4));
  feed(slot_of(kvm_b, 0, 0));
  feed(slot_of(kvm_a, 32764, 0xfee00));
  feed(slot_of(kvm_a, 2, 0, 2));
  CHECK(feed.seen.empty());
  feed(space_end(kvm_a, 3));
  REQUIRE(feed.seen.size() == 1);
  const auto& snapshot = std::get<SpaceSnapshot>(feed.seen[0]);
  CHECK(snapshot.vm == VmId{1});
  CHECK(snapshot.pid == Pid{42});
  CHECK(snapshot.command == "qemu-system-x86");
  CHECK(snapshot.generation == 62);
  CHECK(snapshot.address_spaces == 2);
  CHECK(snapshot.internal_slots == 1);
  CHECK(snapshot.usable());
  REQUIRE(snapshot.slots.size() == 2);
  CHECK(snapshot.slots[0].slot == SlotId{2});
  CHECK(snapshot.slots[0].flags == 2);
  CHECK(snapshot.slots[0].guest_memfd_offset == Bytes{0});
  CHECK(snapshot.slots[1].gpa == Gpa{0x100000});
  CHECK(snapshot.slots[1].size == Bytes{0x10000});
  CHECK(snapshot.slots[1].flags == 4);
  CHECK(snapshot.slots[1].guest_memfd_offset == Bytes{0x3000});
  CHECK(snapshot.slots[1].origin == Origin::snapshot);
  feed(space_end(kvm_b, 1));
  REQUIRE(feed.seen.size() == 2);
  CHECK(std::get<SpaceSnapshot>(feed.seen[1]).vm == VmId{2});
}

TEST_CASE("a snapshot tells when it can't be trusted") {
  struct {
    uint32_t visited;
    uint16_t flags;
    bool one_state, complete;
  } const cases[] = {
      {1, 0, true, true},
      {2, 0, true, false},  // one slot found no room in the ring
      {1, WIRE_SPACE_CHANGED, false, true},
      {1, WIRE_SPACE_TRUNCATED, true, false},
  };
  for (const auto& expected : cases) {
    Feed feed;
    feed(space_begin(kvm_a, 1));
    feed(slot_of(kvm_a, 0, 0));
    feed(space_end(kvm_a, expected.visited, expected.flags));
    REQUIRE(feed.seen.size() == 1);
    const auto& snapshot = std::get<SpaceSnapshot>(feed.seen[0]);
    CHECK(snapshot.one_state == expected.one_state);
    CHECK(snapshot.complete == expected.complete);
  }
}

TEST_CASE("parts of a snapshot whose beginning is missing are dropped") {
  Feed feed;
  feed(slot_of(kvm_a, 0, 0));
  feed(space_end(kvm_a, 1));
  CHECK(feed.seen.empty());
}

}  // namespace
}  // namespace slotscope
