// Calls, losses, notes and commits from their records.
#include "probes/decode.h"

#include <cerrno>

#include "tests/unit/probes/wire_feed.h"

namespace slotscope {
namespace {

using namespace test;

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
