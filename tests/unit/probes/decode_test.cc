#include "probes/decode.h"

#include <cerrno>
#include <cstring>
#include <vector>

#include "probes/wire.h"
#include "tests/support/catch.h"

namespace slotscope {
namespace {

constexpr uint64_t kvm_a = 0xffff888100001000, kvm_b = 0xffff888100002000;

// A recorded KVM_SET_USER_MEMORY_REGION2 as the kernel sent it: slot 0x10003 (address space 1),
// READONLY | GUEST_MEMFD, 128 KiB at 0xe0000, fd 21 at offset 0x40000.
constexpr uint8_t region2_argument[WIRE_ARGUMENT] = {
    0x03, 0x00, 0x01, 0x00, 0x06, 0x00, 0x00, 0x00,  // slot, flags
    0x00, 0x00, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x00,  // guest_phys_addr
    0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00,  // memory_size
    0x00, 0x00, 0xa0, 0xe7, 0x12, 0x7f, 0x00, 0x00,  // userspace_addr
    0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00,  // guest_memfd_offset
    0x15, 0x00, 0x00, 0x00, 0xee, 0xee, 0xee, 0xee,  // guest_memfd, padding
};

template <class Record>
Record record_of(uint16_t tag, uint64_t lost = 0) {
  Record record;
  std::memset(&record, 0, sizeof record);
  record.head = {tag, WIRE_VERSION, sizeof record, lost};
  return record;
}

wire_ioctl ioctl_of(uint32_t request, uint64_t kvm, uint64_t lost = 0) {
  auto record = record_of<wire_ioctl>(WIRE_IOCTL, lost);
  record.request = request;
  record.kvm = kvm;
  record.entry_ns = 1000;
  record.exit_ns = 3500;
  record.tgid = 42;
  record.tid = 43;
  record.copied = 32;
  std::memcpy(record.argument, region2_argument, WIRE_ARGUMENT);
  return record;
}

class Feed {
 public:
  template <class Record>
  void operator()(const Record& record) {
    bytes(&record, sizeof record);
  }
  void bytes(const void* data, size_t size) {
    REQUIRE(decoder.decode({static_cast<const std::byte*>(data), size}, seen));
  }

  template <class T>
  T only() {
    REQUIRE(seen.size() == 1);
    return event<T>(0);
  }
  template <class T>
  T event(size_t i) {
    REQUIRE(i < seen.size());
    const Event* found = std::get_if<Event>(&seen[i]);
    REQUIRE(found);
    REQUIRE(std::holds_alternative<T>(*found));
    return std::get<T>(*found);
  }

  Decoder decoder{HostLimits{}};
  std::vector<Observation> seen;
};

TEST_CASE("a REGION2 call is decoded in every field") {
  Feed feed;
  auto record = ioctl_of(WIRE_SET_USER_MEMORY_REGION2, kvm_a);
  record.ret = -17;
  feed(record);
  const Annotation request{.time = Nanos{1000},
                           .vm = VmId{1},
                           .tid = Tid{43},
                           .note = MemslotIoctl{WIRE_SET_USER_MEMORY_REGION2}};
  CHECK(feed.event<Annotation>(0) == request);
  const Call call = feed.event<Call>(1);
  Call expected;
  expected.time = Nanos{3500};
  expected.duration = Nanos{2500};
  expected.gpa = Gpa{0xe0000};
  expected.size = Bytes{0x20000};
  expected.hva = Hva{0x7f12e7a00000};
  expected.guest_memfd_offset = Bytes{0x40000};
  expected.guest_memfd = 21;
  expected.flags = 6;
  expected.ret = -17;
  expected.vm = VmId{1};
  expected.as = AsId{1};
  expected.slot = SlotId{3};
  expected.pid = Pid{42};
  expected.tid = Tid{43};
  CHECK(call == expected);
}

TEST_CASE("a REGION call has no guest_memfd, whatever stands behind its 32 bytes") {
  Feed feed;
  feed(ioctl_of(WIRE_SET_USER_MEMORY_REGION, kvm_a));
  CHECK(feed.only<Call>().guest_memfd == -1);
  CHECK(feed.event<Call>(0).guest_memfd_offset == Bytes{0});
}

TEST_CASE("a call that began before the capture has no duration") {
  Feed feed;
  auto record = ioctl_of(WIRE_SET_USER_MEMORY_REGION, kvm_a);
  record.entry_ns = 0;
  feed(record);
  CHECK_FALSE(feed.only<Call>().duration);
}

TEST_CASE("an argument that could not be read is a loss at its place") {
  Feed feed;
  auto record = ioctl_of(WIRE_SET_USER_MEMORY_REGION, kvm_a);
  record.copied = 0;
  feed(record);
  const Loss expected{
      .time = Nanos{3500}, .vm = VmId{1}, .count = 1, .reason = Loss::Reason::undecoded};
  CHECK(feed.only<Loss>() == expected);
}

TEST_CASE("a call with a bad pointer is refused, and nothing else of it is known") {
  Feed feed;
  auto record = ioctl_of(WIRE_SET_USER_MEMORY_REGION, kvm_a);
  record.copied = 0;
  record.ret = -EFAULT;
  std::memset(record.argument, 0, sizeof record.argument);
  feed(record);
  Call expected;
  expected.time = Nanos{3500};
  expected.duration = Nanos{2500};
  expected.ret = -EFAULT;
  expected.pid = Pid{42};
  expected.tid = Tid{43};
  CHECK(feed.only<Call>() == expected);
}

TEST_CASE("of a call that was refused without being read the request is told") {
  Feed feed;
  auto record = ioctl_of(WIRE_SET_USER_MEMORY_REGION, kvm_a);
  record.copied = 0;
  record.ret = -EIO;
  feed(record);
  CHECK(feed.only<Annotation>().note == Note{MemslotIoctl{WIRE_SET_USER_MEMORY_REGION}});
}

TEST_CASE("records that found no room show where the next one found some") {
  Feed feed;
  feed(ioctl_of(WIRE_SET_USER_MEMORY_REGION, kvm_a, 0));
  feed(ioctl_of(WIRE_SET_USER_MEMORY_REGION, kvm_a, 7));
  feed(ioctl_of(WIRE_SET_USER_MEMORY_REGION, kvm_a, 7));
  feed.decoder.finish(9, feed.seen);
  REQUIRE(feed.seen.size() == 5);
  feed.event<Call>(0);
  CHECK(feed.event<Loss>(1).count == 7);
  feed.event<Call>(2);
  feed.event<Call>(3);
  CHECK(feed.event<Loss>(4).count == 2);
  CHECK(feed.decoder.lost() == 9);
}

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

wire_ioctl ioctl_with(uint32_t request, std::initializer_list<uint64_t> argument, int32_t ret) {
  wire_ioctl record = ioctl_of(request, kvm_a);
  std::memset(record.argument, 0, sizeof record.argument);
  std::memcpy(record.argument, argument.begin(), argument.size() * sizeof(uint64_t));
  record.ret = ret;
  return record;
}

TEST_CASE("what the VMM asks for beside slots comes with its result") {
  Feed feed;
  feed(ioctl_with(WIRE_SET_MEMORY_ATTRIBUTES, {0x40000000, 0x200000, 8, 0}, -25));
  feed(ioctl_with(WIRE_CREATE_GUEST_MEMFD, {0x20000000, 1}, 21));
  const Annotation set{.time = Nanos{3500},
                       .vm = VmId{1},
                       .tid = Tid{43},
                       .note = MemoryAttributes{Gpa{0x40000000}, Bytes{0x200000}, 8, -25}};
  CHECK(feed.event<Annotation>(0) == set);
  CHECK(feed.event<Annotation>(1).note == Note{GuestMemfdCreation{Bytes{0x20000000}, 1, 21}});
}

TEST_CASE("of an argument that could not be read the request is told") {
  Feed feed;
  auto record = ioctl_of(WIRE_CREATE_GUEST_MEMFD, kvm_a);
  record.copied = 0;
  feed(record);
  CHECK(feed.only<Annotation>().note == Note{MemslotIoctl{0xc040aed4}});
}

TEST_CASE("which of the two requests a call was is told where it changes, for each VM") {
  Feed feed;
  const uint32_t region = WIRE_SET_USER_MEMORY_REGION, region2 = WIRE_SET_USER_MEMORY_REGION2;
  for (const uint32_t request : {region, region2, region2, region}) feed(ioctl_of(request, kvm_a));
  feed(ioctl_of(region2, kvm_b));
  std::vector<std::pair<uint32_t, uint32_t>> told;  // VM, request
  size_t calls = 0;
  for (const Observation& seen : feed.seen) {
    const Event& event = std::get<Event>(seen);
    calls += std::holds_alternative<Call>(event);
    const Annotation* note = std::get_if<Annotation>(&event);
    if (note) told.emplace_back(note->vm.value, std::get<MemslotIoctl>(note->note).request);
  }
  CHECK(calls == 5);
  CHECK(told == decltype(told){{1, region2}, {1, region}, {2, region2}});
}

TEST_CASE("phases follow their call, and only those that were measured are told") {
  Feed feed;
  feed.decoder.set_measured_phases(1 << PHASE_OFF_CPU | 1 << PHASE_ZAP);
  feed(ioctl_of(WIRE_SET_USER_MEMORY_REGION, kvm_a));
  auto record = record_of<wire_phases>(WIRE_PHASES);
  record.kvm = kvm_a;
  record.time_ns = 3500;
  record.tgid = 42;
  record.tid = 43;
  for (uint32_t i = 0; i < PHASE_COUNT; ++i) {
    record.ns[i] = 100 + i;
    record.times[i] = 70'000;  // more than a trace keeps
  }
  feed(record);
  CallPhases phases;
  phases[Phase::off_cpu] = {true, 65535, Nanos{100}};
  phases[Phase::zap] = {true, 65535, Nanos{102}};
  const Annotation told{.time = Nanos{3500}, .vm = VmId{1}, .tid = Tid{43}, .note = phases};
  CHECK(feed.event<Annotation>(1) == told);
}

TEST_CASE("a guest's cost is told from its first call on, as what came since") {
  Feed feed;
  const auto paid = [](uint64_t faults, uint64_t exits) {
    auto record = record_of<wire_guest_cost>(WIRE_GUEST_COST);
    record.kvm = kvm_a;
    record.time_ns = 900;
    record.tgid = 42;
    record.cost = {faults, exits};
    return record;
  };
  feed(paid(1000, 50));
  CHECK(feed.seen.empty());
  feed(ioctl_of(WIRE_SET_USER_MEMORY_REGION, kvm_a));
  feed(paid(1000, 50));
  CHECK(feed.seen.size() == 1);
  feed(paid(1007, 52));
  CHECK(feed.event<Annotation>(1).note == Note{GuestCost{7, 2}});
  feed.decoder.finish_cost(KvmKey{kvm_a}, {1008, 52}, Nanos{5000}, feed.seen);
  feed.decoder.finish_cost(KvmKey{kvm_b}, {9, 9}, Nanos{5000}, feed.seen);
  REQUIRE(feed.seen.size() == 3);
  CHECK(feed.event<Annotation>(2).note == Note{GuestCost{1, 0}});
}

TEST_CASE("calls of one commit stand between its marks") {
  Feed feed;
  auto call = ioctl_of(WIRE_SET_USER_MEMORY_REGION, kvm_a);
  for (const uint64_t begin : {500, 500, 600}) {
    call.commit_ns = begin;
    feed(call);
    if (begin == 500 && feed.seen.size() == 3) {
      auto end = record_of<wire_commit_end>(WIRE_COMMIT_END);
      end.begin_ns = 500;
      end.end_ns = 5000;
      end.tgid = 42;
      end.tid = 43;
      feed(end);
    }
  }
  REQUIRE(feed.seen.size() == 6);
  const CommitMark begun{.time = Nanos{500}, .commit = CommitId{1}, .vm = VmId{1}, .tid = Tid{43}};
  CHECK(feed.event<CommitMark>(0) == begun);
  CHECK(feed.event<Call>(1).commit == CommitId{1});
  CHECK(feed.event<Call>(2).commit == CommitId{1});
  const CommitMark ended{.time = Nanos{5000},
                         .commit = CommitId{1},
                         .vm = VmId{1},
                         .tid = Tid{43},
                         .edge = CommitMark::Edge::end};
  CHECK(feed.event<CommitMark>(3) == ended);
  CHECK(feed.event<CommitMark>(4).commit == CommitId{2});
  CHECK(feed.event<Call>(5).commit == CommitId{2});
}

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

// Answers the number of the sample, and keeps what it saw.
struct FakeResolver : StackResolver {
  StackId resolve(const StackSample& sample) override {
    pid = sample.pid;
    registers = sample.registers;
    memory.assign(sample.memory.begin(), sample.memory.end());
    replaced_at = sample.replaced_at;
    return StackId{++count};
  }
  uint32_t count = 0;
  Pid pid;
  Registers registers;
  std::vector<std::byte> memory;
  uint64_t replaced_at = 0;
};

// With `room` bytes behind it, of which `copied` are said to be good.
std::vector<std::byte> stack_record(uint32_t tid, uint64_t entry_ns, uint32_t copied, size_t room) {
  auto record = record_of<wire_stack>(WIRE_STACK);
  record.entry_ns = entry_ns;
  record.tgid = 42;
  record.tid = tid;
  record.registers.ax = 1;
  record.registers.bx = 3;
  record.registers.bp = 6;
  record.registers.sp = 0x7ffc0000;
  record.registers.r15 = 15;
  record.registers.ip = 0x401000;
  record.replaced_at = 0x7ffc0010;
  record.copied = copied;
  std::vector<std::byte> bytes(sizeof record + room, std::byte{0x5a});
  std::memcpy(bytes.data(), &record, sizeof record);
  return bytes;
}

TEST_CASE("a stack is joined to the call of its thread and entry") {
  FakeResolver resolver;
  Feed feed;
  feed.decoder = Decoder(HostLimits{}, &resolver);
  const auto call_of = [&](uint32_t tid, uint64_t entry_ns) {
    auto record = ioctl_of(WIRE_SET_USER_MEMORY_REGION, kvm_a);
    record.tid = tid;
    record.entry_ns = entry_ns;
    feed.seen.clear();
    feed(record);
    return feed.only<Call>().stack;
  };
  const auto stack = [&](uint32_t tid, uint64_t entry_ns) {
    const auto bytes = stack_record(tid, entry_ns, 16, 32);
    feed.bytes(bytes.data(), bytes.size());
  };
  stack(43, 1000);
  stack(44, 1001);
  CHECK(call_of(44, 1001) == StackId{2});
  CHECK(call_of(43, 1000) == StackId{1});
  CHECK(call_of(43, 1000) == StackId{});  // one call has it, no other
  stack(43, 2000);                        // this call's own record was lost
  CHECK(call_of(43, 3000) == StackId{});
  CHECK(resolver.pid == Pid{42});
  CHECK(resolver.memory == std::vector(16, std::byte{0x5a}));
  CHECK(resolver.replaced_at == 0x7ffc0010);
  const std::pair<size_t, uint64_t> expected[] = {{0, 1},   {3, 3},         {6, 6}, {7, 0x7ffc0000},
                                                  {15, 15}, {16, 0x401000}, {1, 0}};
  for (const auto& [number, value] : expected) CHECK(resolver.registers[number] == value);
}

TEST_CASE("a stack never reaches past its record, and needs somebody to unwind it") {
  FakeResolver resolver;
  Feed feed;
  feed.decoder = Decoder(HostLimits{}, &resolver);
  auto bytes = stack_record(43, 1000, 0xffffffff, 24);
  feed.bytes(bytes.data(), bytes.size());
  CHECK(resolver.memory.size() == 24);
  CHECK_FALSE(feed.decoder.decode({bytes.data(), sizeof(wire_stack) - 1}, feed.seen));
  Feed without;
  without.bytes(bytes.data(), bytes.size());
  CHECK(without.seen.empty());
}

TEST_CASE("a record of a tag to come is skipped, a short one is an error") {
  Feed feed;
  feed(record_of<wire_process_exit>(99));
  CHECK(feed.seen.empty());
  const auto whole = ioctl_of(WIRE_SET_USER_MEMORY_REGION, kvm_a);
  std::vector<std::byte> bytes(sizeof whole);
  std::memcpy(bytes.data(), &whole, sizeof whole);
  for (const size_t size : {size_t{0}, sizeof(wire_header) - 1, sizeof whole - 1}) {
    CHECK_FALSE(feed.decoder.decode({bytes.data(), size}, feed.seen));
  }
}

}  // namespace
}  // namespace slotscope
