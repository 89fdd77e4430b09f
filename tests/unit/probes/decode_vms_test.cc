// Which VM a record is of, and when one ends.
#include "tests/unit/probes/wire_feed.h"

namespace slotscope {
namespace {

using namespace test;

TEST_CASE("calls of two VMs are told apart by their struct kvm") {
  Feed feed;
  for (const uint64_t kvm : {kvm_a, kvm_b, kvm_a}) {
    feed(ioctl_of(WIRE_SET_USER_MEMORY_REGION, kvm));
  }
  CHECK(feed.event<Call>(0).vm == VmId{1});
  CHECK(feed.event<Call>(1).vm == VmId{2});
  CHECK(feed.event<Call>(2).vm == VmId{1});
}

TEST_CASE("a struct kvm that is used again is another VM") {
  Feed feed;
  feed(ioctl_of(WIRE_CREATE_VM, kvm_a));
  feed(ioctl_of(WIRE_SET_USER_MEMORY_REGION, kvm_a));
  auto gone = record_of<wire_process_exit>(WIRE_PROCESS_EXIT);
  gone.tgid = 42;
  gone.time_ns = 9000;
  feed(gone);
  feed(ioctl_of(WIRE_CREATE_VM, kvm_a));
  feed(ioctl_of(WIRE_CREATE_VM, kvm_a));
  REQUIRE(feed.seen.size() == 6);
  const VmMark born{.time = Nanos{3500}, .vm = VmId{1}, .pid = Pid{42}};
  CHECK(feed.event<VmMark>(0) == born);
  const VmMark died{.time = Nanos{9000}, .vm = VmId{1}, .pid = Pid{42}, .edge = VmMark::Edge::end};
  CHECK(feed.event<VmMark>(2) == died);
  CHECK(feed.event<VmMark>(3).vm == VmId{2});
  // Nobody has told that it was closed, but another is in its place.
  const VmMark replaced{
      .time = Nanos{3500}, .vm = VmId{2}, .pid = Pid{42}, .edge = VmMark::Edge::end};
  CHECK(feed.event<VmMark>(4) == replaced);
  CHECK(feed.event<VmMark>(5).vm == VmId{3});
}

TEST_CASE("what still comes of an ended process is of its VM, and it ends once") {
  Feed feed;
  auto gone = record_of<wire_process_exit>(WIRE_PROCESS_EXIT);
  gone.tgid = 42;
  feed(ioctl_of(WIRE_CREATE_VM, kvm_a));
  feed(gone);
  feed(ioctl_of(WIRE_SET_USER_MEMORY_REGION, kvm_a));
  feed(gone);
  auto other = ioctl_of(WIRE_SET_USER_MEMORY_REGION, kvm_a);
  other.tgid = 77;
  feed(other);
  REQUIRE(feed.seen.size() == 4);
  CHECK(feed.event<Call>(2).vm == VmId{1});
  CHECK(feed.event<Call>(3).vm == VmId{2});
}

TEST_CASE("who has the file of an ended VM can't be taken for another VM") {
  Feed feed;
  feed(ioctl_of(WIRE_CREATE_VM, kvm_a));
  auto gone = record_of<wire_process_exit>(WIRE_PROCESS_EXIT);
  gone.tgid = 42;
  feed(gone);
  auto inherited = ioctl_of(WIRE_SET_USER_MEMORY_REGION, kvm_a);
  inherited.tgid = 77;
  inherited.ret = -EIO;
  feed(inherited);
  CHECK(feed.event<Call>(2).vm == VmId{1});
}

TEST_CASE("a VM ends when its file is closed, once") {
  Feed feed;
  feed(ioctl_of(WIRE_CREATE_VM, kvm_a));
  auto closed = record_of<wire_vm_closed>(WIRE_VM_CLOSED);
  closed.time_ns = 5000;
  closed.kvm = kvm_a;
  feed(closed);
  feed(closed);
  feed(ioctl_of(WIRE_CREATE_VM, kvm_a));
  REQUIRE(feed.seen.size() == 3);
  const VmMark end{.time = Nanos{5000}, .vm = VmId{1}, .pid = Pid{42}, .edge = VmMark::Edge::end};
  CHECK(feed.event<VmMark>(1) == end);
  CHECK(feed.event<VmMark>(2).vm == VmId{2});
}

}  // namespace
}  // namespace slotscope
