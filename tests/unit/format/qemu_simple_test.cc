#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/data_file.h"
#include "tests/support/read_all.h"
#include "tests/support/simple_samples.h"
#include "tests/support/simple_trace.h"

using namespace slotscope;
using namespace slotscope::test;

namespace {

ReadTrace read(const std::string& bytes, const ReadOptions& options = {}) {
  Result<ReadTrace> trace = read_text(bytes, options);
  if (!trace) FAIL(trace.error().message);
  return *std::move(trace);
}

template <class T>
T only_note(const ReadTrace& trace) {
  const auto annotations = trace.all<Annotation>();
  REQUIRE(annotations.size() == 1);
  REQUIRE(std::holds_alternative<T>(annotations[0].note));
  return std::get<T>(annotations[0].note);
}

}  // namespace

TEST_CASE("the simple backend's samples read to exact values") {
  for (const bool old : {true, false}) {
    CAPTURE(old);
    auto trace = read_file(data_path(old ? "simple/simple-v4-7.2-synthetic.bin"
                                         : "simple/simple-v4-10.x-synthetic.bin"));
    REQUIRE(trace);
    CHECK(trace->info.format == "qemu-simple");
    CHECK(trace->info.clock == Clock::monotonic);
    CHECK_FALSE(trace->info.faithful);
    CHECK(trace->events == sample_events(sample_start, old));
    CHECK_FALSE(trace->summary.cut_off());
    CHECK(trace->summary.warnings.empty());
    CHECK(trace->summary.skipped_lines == 0);
    CHECK(trace->summary.bad_lines == 0);
  }
}

TEST_CASE("a simple trace reads the same in both byte orders") {
  const auto events_of = [](std::endian order) {
    return read(named(order)
                    .event(view, 1000, {0x5555, 0x6666})
                    .event(ioctl, 1500, {0x40a0ae49, 0x7ffc})
                    .event(memory, 2000, {1, 3, 4, 0x100000, 0x2000, 0x7f0000000000, 17, 0x1000, 0})
                    .event(memory, 3000, {0x10002, 2, 0x3000, 0, 0x7f0000001000, ret_eexist})
                    .event(memory, 4000, {2, 5, 1, 0x5000, 0x6000, 0x7000, 0})
                    .event(cfg_write, 5000, "VGA", {1, 2, 3, 0x10, 0xfd000008})
                    .event(dropped, 6000, {5})
                    .bytes())
        .events;
  };
  const std::vector<Event> events = events_of(std::endian::big);
  CHECK(events == events_of(std::endian::little));
  REQUIRE(events.size() == 7);

  Call call;
  call.pid = {4242};
  call.commit = {1};
  call.time = Nanos{2000};
  call.as = {1};
  call.slot = {3};
  call.flags = slot_flag::guest_memfd;
  call.gpa = {0x100000};
  call.size = {0x2000};
  call.hva = {0x7f0000000000};
  call.guest_memfd = 17;
  call.guest_memfd_offset = {0x1000};
  CHECK(std::get<Call>(events[2]) == call);

  call = {};
  call.pid = {4242};
  call.commit = {1};
  call.time = Nanos{3000};
  call.as = {1};
  call.slot = {2};
  call.flags = slot_flag::readonly;
  call.gpa = {0x3000};
  call.hva = {0x7f0000001000};
  call.ret = -17;
  CHECK(std::get<Call>(events[3]) == call);

  call.time = Nanos{4000};
  call.as = {2};
  call.slot = {5};
  call.flags = slot_flag::log_dirty;
  call.gpa = {0x5000};
  call.size = {0x6000};
  call.hva = {0x7000};
  call.ret = 0;
  CHECK(std::get<Call>(events[4]) == call);
}

TEST_CASE("a commit begins with the first call after a flatview_new") {
  const std::vector<uint64_t> slot = {0, 0, 0, 0x1000, 0x1000, 0};
  const ReadTrace trace = read(named()
                                   .event(memory, 10, slot)
                                   .event(view, 20, {1, 2})
                                   .event(view, 30, {3, 4})
                                   .event(memory, 40, slot)
                                   .event(memory, 50, slot)
                                   .event(view, 60, {5, 6})
                                   .event(memory, 70, slot)
                                   .event(view, 80, {7, 8})
                                   .bytes());
  const auto calls = trace.calls();
  REQUIRE(calls.size() == 4);
  CHECK(calls[0].commit.value == 0);
  CHECK(calls[1].commit.value == 1);
  CHECK(calls[2].commit.value == 1);
  CHECK(calls[3].commit.value == 2);
  const auto mark = [](int64_t time, uint64_t commit) {
    return CommitMark{.time = Nanos{time},
                      .commit = {commit},
                      .vm = {1},
                      .tid = {},
                      .edge = CommitMark::Edge::begin};
  };
  REQUIRE(trace.events.size() == 6);
  CHECK(trace.events[1] == Event{mark(20, 1)});
  CHECK(trace.events[4] == Event{mark(60, 2)});
  CHECK(trace.summary.skipped_lines == 0);
}

TEST_CASE("each process of a simple trace is a VM with commits of its own") {
  const std::vector<uint64_t> slot = {0, 0, 0, 0x1000, 0x1000, 0};
  const ReadTrace trace = read(named()
                                   .event(view, 10, {1, 2}, 900)
                                   .event(memory, 20, slot, 900)
                                   .event(memory, 30, slot, 100)
                                   .event(view, 40, {1, 2}, 100)
                                   .event(memory, 50, slot, 900)
                                   .event(memory, 60, slot, 100)
                                   .event(dropped, 70, {3}, 100)
                                   .bytes());
  std::vector<std::vector<uint64_t>> seen;
  for (const Call& call : trace.calls()) {
    seen.push_back({call.vm.value, call.pid.value, call.commit.value});
  }
  CHECK(seen ==
        std::vector<std::vector<uint64_t>>{{1, 900, 1}, {2, 100, 0}, {1, 900, 1}, {2, 100, 1}});
  const auto losses = trace.all<Loss>();
  REQUIRE(losses.size() == 1);
  CHECK(losses[0] == Loss{.time = Nanos{70}, .vm = {2}, .count = 3});
}

TEST_CASE("a PCI configuration write is read as QEMU 7.0 and as 5.2 wrote it") {
  CHECK(only_note<PciConfigWrite>(read(
            named().event(cfg_write, 1, "virtio-net-pci", {2, 3, 1, 0x14, 0xfebf1000}).bytes())) ==
        PciConfigWrite{.device = DeviceName("virtio-net-pci"),
                       .at = {2, 3, 1},
                       .offset = 0x14,
                       .value = 0xfebf1000});
  CHECK(
      only_note<PciConfigWrite>(
          read(named().event(cfg_write, 1, "VGA", {2, 1, 0x04, 0x103}).bytes())) ==
      PciConfigWrite{.device = DeviceName("VGA"), .at = {0, 2, 1}, .offset = 0x04, .value = 0x103});
}

TEST_CASE("a PCI mapping is read with any name, and as QEMU 5.2 wrote it without one") {
  // A name of 4 bytes makes the record as long as one of QEMU 5.2.
  for (const std::string name : {"", "VGA", "nvme", "e1000", "my dev ice"}) {
    for (const std::endian order : {std::endian::little, std::endian::big}) {
      CAPTURE(name);
      const ReadTrace trace =
          read(named(order).event(del, 1, name, {1, 2, 0, 6, 0xfebe0000, 0x10000}).bytes());
      CHECK(only_note<PciMapping>(trace) == PciMapping{.change = PciMapping::Change::del,
                                                       .device = DeviceName(name),
                                                       .at = {1, 2, 0},
                                                       .bar = 6,
                                                       .address = 0xfebe0000,
                                                       .size = {0x10000}});
    }
  }
  const std::string too_long(60, 'x');
  CHECK(only_note<PciMapping>(
            read(named().event(add, 1, too_long, {0, 2, 0, 0, 0xfd000000, 0x1000}).bytes())) ==
        PciMapping{.change = PciMapping::Change::add,
                   .device = DeviceName(std::string(40, 'x')),
                   .at = {0, 2, 0},
                   .bar = 0,
                   .address = 0xfd000000,
                   .size = {0x1000}});
  CHECK(only_note<PciMapping>(read(
            named().event(add, 1, {0x555810b92330, 1, 0, 0, 4, 0xfea00000, 0x4000}).bytes())) ==
        PciMapping{.change = PciMapping::Change::add,
                   .device = {},
                   .at = {1, 0, 0},
                   .bar = 4,
                   .address = 0xfea00000,
                   .size = {0x4000}});
}

TEST_CASE("what is not about memslots is skipped and counted") {
  const ReadTrace trace =
      read(named()
               .event(exit_reason, 1, {0, 2})
               .event(ioctl, 2, {0xffffffffc008ae67, 0x7ffc})      // KVM_IRQ_LINE_STATUS, as an int
               .event(ioctl, 3, {0x4020ae46})                      // no argument
               .event(cfg_write, 4, "VGA", {1, 2, 3})              // no such signature
               .event(dirty, 5, {0x100000000})                     // a bitmask of 32 bits
               .event(add, 6, "VGA", {0, 256, 0, 0, 0x1000, 0x1})  // no such device
               .event(exit_reason, 7, {})
               .bytes());
  CHECK(trace.events.empty());
  CHECK(trace.summary.skipped_lines == 7);
  CHECK(trace.summary.bad_lines == 0);
  CHECK_FALSE(trace.summary.cut_off());
  CHECK(trace.summary.warnings.empty());
  CHECK(only_note<GlobalDirty>(read(named().event(dirty, 5, {3}).bytes())) == GlobalDirty{3});
}

TEST_CASE("a memslot ioctl is known by the low 32 bits of its number") {
  for (const uint64_t request : {0x4020ae46ull, 0x40a0ae49ull, 0xffffffff40a0ae49ull}) {
    const ReadTrace trace = read(named().event(ioctl, 9, {request, 0x7ffc}).bytes());
    CHECK(only_note<MemslotIoctl>(trace).request == static_cast<uint32_t>(request));
    CHECK(trace.all<Annotation>()[0].time == Nanos{9});
  }
}

TEST_CASE("names of ids may stand anywhere, and the last one counts") {
  const std::vector<uint64_t> slot = {0, 0, 0, 0x1000, 0x1000, 0};
  const ReadTrace trace = read(SimpleTrace()
                                   .event(5, 10, slot)
                                   .name(5, "flatview_new")
                                   .name(6, "")
                                   .event(6, 20, slot)
                                   .name(5, "kvm_set_user_memory")
                                   .event(5, 30, slot)
                                   .event(unnamed, 40, {})
                                   .bytes());
  const auto calls = trace.calls();
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].time == Nanos{30});
  CHECK(trace.summary.skipped_lines == 3);
  CHECK_FALSE(trace.summary.cut_off());
  REQUIRE(trace.summary.warnings.size() == 1);
  CHECK(trace.summary.warnings[0].message ==
        "events whose id the file gives no name: 2; they are left out");
}

TEST_CASE("a time that no clock can show is unknown") {
  const std::vector<uint64_t> slot = {0, 0, 0, 0x1000, 0x1000, 0};
  const auto calls = read(named()
                              .event(memory, INT64_MAX, slot)
                              .event(memory, uint64_t{INT64_MAX} + 1, slot)
                              .event(memory, 5, slot)  // out of order: stays where it is
                              .bytes())
                         .calls();
  REQUIRE(calls.size() == 3);
  CHECK(calls[0].time == Nanos{INT64_MAX});
  CHECK_FALSE(calls[1].time);
  CHECK(calls[2].time == Nanos{5});
}

TEST_CASE("a call or a count of lost events that can't be read is an error, or counted") {
  struct Case {
    uint64_t id;
    std::vector<uint64_t> numbers;
    const char* what;
  };
  const auto c = GENERATE(values<Case>(
      {{memory,
        {0, 0, 0, 0, 0},
        "kvm_set_user_memory at byte 398 has 64 bytes, not 96 or 72 or 80"},
       {memory, {}, "kvm_set_user_memory at byte 398 has 24 bytes, not 96 or 72 or 80"},
       {memory,
        {0, 0, 0, 0, 0, 0, 0, 0},
        "kvm_set_user_memory at byte 398 has 88 bytes, not 96 or 72 or 80"},
       {memory,
        {0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
        "kvm_set_user_memory at byte 398 has 104 bytes, not 96 or 72 or 80"},
       {memory,
        {0x100000000, 0, 0, 0, 0, 0},
        "kvm_set_user_memory at byte 398 has slot=0x100000000, not a number of at most 32 bits"},
       {memory,
        {0, 0, 0, 0, 0, 0xffffffef},
        "kvm_set_user_memory at byte 398 has ret=0xffffffef, not 0 or a negative errno of 64 bits"},
       {memory,
        {0, 0, 0, 0, 0, 1},
        "kvm_set_user_memory at byte 398 has ret=0x1, not 0 or a negative errno of 64 bits"},
       {memory,
        {0x10000, 0, 0, 0, 0, 0, 0},
        "kvm_set_user_memory at byte 398 has as=0x10000, not a number of at most 16 bits"},
       {dropped, {}, "Dropped_Event at byte 398 has 24 bytes, not 32"}}));
  SimpleTrace trace = named();
  trace.event(memory, 1, {4, 0, 0, 0x1000, 0x1000, 0});
  REQUIRE(trace.bytes().size() == 398);
  trace.event(c.id, 2, c.numbers).event(memory, 3, {5, 0, 0, 0x1000, 0x1000, 0});

  auto source = open_trace(memory_bytes(trace.bytes()), "dir/trace-4242", {});
  REQUIRE(source);
  EventBatch batch;
  const Result<bool> more = (*source)->read(batch);
  REQUIRE_FALSE(more);
  CHECK(more.error().fault == Fault::bad_input);
  CHECK(more.error().place == "dir/trace-4242");
  CHECK(more.error().message == std::string("the ") + c.what);
  CHECK(more.error().advice == "--keep-going counts such records and reads on");
  REQUIRE(batch.size() == 1);
  CHECK(std::get<Call>(batch[0]).slot.value == 4);

  const ReadTrace tolerant = read(trace.bytes(), {.keep_going = true});
  CHECK(tolerant.summary.bad_lines == 1);
  CHECK(tolerant.summary.skipped_lines == 0);
  CHECK_FALSE(tolerant.summary.cut_off());
  REQUIRE(tolerant.calls().size() == 2);
  CHECK(tolerant.calls()[1].slot.value == 5);
}
