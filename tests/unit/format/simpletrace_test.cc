#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/data_file.h"
#include "tests/support/read_all.h"
#include "tests/support/simple_samples.h"

using namespace slotscope;
using test::ReadTrace;

namespace {

ReadTrace read(const std::string& text, const ReadOptions& options = {}) {
  Result<ReadTrace> trace = test::read_text(text, options);
  if (!trace) FAIL(trace.error().place << ": " << trace.error().message);
  return *std::move(trace);
}

// Recognised whatever stands in the line under test.
const std::string first_line = "kvm_run_exit 0.000 pid=1 cpu_index=0x0 reason=0x2\n";

Note only_note(const std::string& line) {
  const ReadTrace trace = read(first_line + line + "\n");
  const auto annotations = trace.all<Annotation>();
  REQUIRE(trace.events.size() == 1);
  REQUIRE(annotations.size() == 1);
  return annotations[0].note;
}

const std::string slot_line =
    "slot=0x0 flags=0x0 guest_phys_addr=0x1000 memory_size=0x2000 userspace_addr=0x3000 ret=0x0\n";

}  // namespace

TEST_CASE("simpletrace.py's text of the samples reads to exact values") {
  for (const bool old : {true, false}) {
    CAPTURE(old);
    auto trace = test::read_file(test::data_path(old ? "simple/simple-v4-7.2-synthetic.txt"
                                                     : "simple/simple-v4-10.x-synthetic.txt"));
    REQUIRE(trace);
    CHECK(trace->info.format == "simpletrace");
    CHECK(trace->info.clock == Clock::relative);
    CHECK_FALSE(trace->info.faithful);
    CHECK(trace->events == test::sample_events(0, old));
    CHECK(trace->summary.skipped_lines == 0);
    CHECK(trace->summary.bad_lines == 0);
    CHECK_FALSE(trace->summary.cut_off());
  }
}

TEST_CASE("a simple trace and its text tell the same, but for the time of the first record") {
  for (const std::string version : {"7.2", "10.x"}) {
    const std::string base = "simple/simple-v4-" + version + "-synthetic";
    auto binary = test::read_file(test::data_path(base + ".bin"));
    auto text = test::read_file(test::data_path(base + ".txt"));
    REQUIRE(binary);
    REQUIRE(text);
    std::vector<Event> shifted = text->events;
    for (Event& event : shifted) {
      std::visit([](auto& e) { *e.time += Nanos{test::sample_start}; }, event);
    }
    CHECK(shifted == binary->events);
  }
}

TEST_CASE("every record moves the clock, forwards or back, to the nanosecond") {
  const ReadTrace trace = read(
      "kvm_run_exit 0.000 pid=1 cpu_index=0x0 reason=0x2\n"
      "kvm_set_user_memory 1234567.891 pid=1 " +
      slot_line +
      "warning: not a record\n"
      "kvm_run_exit 10.001 pid=1 cpu_index=0x0 reason=0x2\n"
      "kvm_set_user_memory -0.002 pid=1 " +
      slot_line + "kvm_set_user_memory -2000000.000 pid=1 " + slot_line);
  const auto calls = trace.calls();
  REQUIRE(calls.size() == 3);
  CHECK(calls[0].time == Nanos{1234567891});
  CHECK(calls[1].time == Nanos{1234577890});
  CHECK(calls[2].time == Nanos{-765422110});
  CHECK(trace.summary.skipped_lines == 3);
}

TEST_CASE("times that add up to more than a clock can show are an error") {
  const std::string most = "kvm_set_user_memory 4611686018427386.000 pid=1 " + slot_line;
  CHECK(read(most).calls()[0].time == Nanos{4611686018427386000});
  for (const std::string sign : {"", "-"}) {
    const std::string one = "kvm_run_exit " + sign + "4611686018427386.000 pid=1 reason=0x2\n";
    const Result<ReadTrace> trace =
        test::read_text(one + "kvm_set_user_memory " + sign + "2.000 pid=1 " + slot_line);
    REQUIRE_FALSE(trace);
    CHECK(trace.error().message == "expected a time within 146 years");
    CHECK(trace.error().place.starts_with("test:2:"));
  }
}

TEST_CASE("a device's name is read raw, in Python's quotes, and with blanks") {
  const auto write = [](const char* name) {
    return Note{PciConfigWrite{
        .device = DeviceName(name), .at = {1, 2, 3}, .offset = 0x10, .value = 0xfd000008}};
  };
  struct Case {
    const char *printed, *name;
  };
  for (const Case& c : {Case{"VGA", "VGA"}, Case{"b'VGA'", "VGA"}, Case{"b\"it's\"", "it's"},
                        Case{"my dev", "my dev"}, Case{"b'a bus=0x9 b'", "a bus=0x9 b"},
                        Case{"", ""}, Case{"b''", ""}, Case{"b'", "b'"}, Case{"b", "b"}}) {
    CAPTURE(c.printed);
    CHECK(only_note(std::string("pci_cfg_write 1.000 pid=1 dev=") + c.printed +
                    " bus=0x1 slot=0x2 func=0x3 offs=0x10 val=0xfd000008") == write(c.name));
  }
}

TEST_CASE("the events around calls are read from text") {
  CHECK(only_note("pci_cfg_write 1.000 pid=1 dev=b'VGA' devid=0x2 fnid=0x1 offs=0x4 val=0x103") ==
        Note{PciConfigWrite{
            .device = DeviceName("VGA"), .at = {0, 2, 1}, .offset = 4, .value = 0x103}});
  CHECK(only_note("pci_update_mappings_add 1.000 pid=1 dev=b'VGA' bus=0x1 slot=0x2 func=0x3 "
                  "bar=0x6 addr=0xfebe0000 size=0x10000") ==
        Note{PciMapping{.change = PciMapping::Change::add,
                        .device = DeviceName("VGA"),
                        .at = {1, 2, 3},
                        .bar = 6,
                        .address = 0xfebe0000,
                        .size = {0x10000}}});
  CHECK(only_note("pci_update_mappings_del 1.000 pid=1 d=0x555810b92330 bus=0x1 slot=0x0 func=0x0 "
                  "bar=0x4 addr=0xfea00000 size=0x4000") ==
        Note{PciMapping{.change = PciMapping::Change::del,
                        .device = {},
                        .at = {1, 0, 0},
                        .bar = 4,
                        .address = 0xfea00000,
                        .size = {0x4000}}});
  CHECK(only_note("global_dirty_changed 1.000 pid=1 bitmask=0x1") == Note{GlobalDirty{1}});
  CHECK(only_note("kvm_vm_ioctl 1.000 pid=1 type=0x40a0ae49 arg=0x7ffc") ==
        Note{MemslotIoctl{0x40a0ae49}});
}

TEST_CASE("lines that are not about memslots are skipped, unreadable annotations too") {
  const ReadTrace trace =
      read(first_line +
           "kvm_vm_ioctl 1.000 pid=1 type=0xffffffffc008ae67 arg=0x7ffc\n"
           "pci_cfg_write 1.000 pid=1 dev=VGA bus=0x1\n"
           "pci_cfg_write 1.000 pid=1 dev=VGA bus=0x100 slot=0x2 func=0x3 offs=0x10 val=0x1\n"
           "global_dirty_changed pid=1 bitmask=0x1\n"
           "\n"
           "Traceback (most recent call last):\n");
  CHECK(trace.events.empty());
  CHECK(trace.summary.skipped_lines == 7);
  CHECK_FALSE(trace.summary.cut_off());
}

TEST_CASE("commits, processes and losses are read from text") {
  const ReadTrace trace = read(
      "flatview_new 0.000 pid=9 view=0x1 root=0x2\n"
      "flatview_new 1.000 pid=9 view=0x3 root=0x4\n"
      "kvm_set_user_memory 1.000 pid=9 " +
      slot_line + "kvm_set_user_memory 1.000 pid=5 " + slot_line +
      "Dropped_Event 1.000 pid=5 num_events_dropped=0x25\n");
  REQUIRE(trace.events.size() == 4);
  CHECK(
      trace.events[0] ==
      Event{CommitMark{
          .time = Nanos{0}, .commit = {1}, .vm = {1}, .tid = {}, .edge = CommitMark::Edge::begin}});
  const auto calls = trace.calls();
  REQUIRE(calls.size() == 2);
  CHECK(calls[0].commit.value == 1);
  CHECK(calls[0].pid.value == 9);
  CHECK(calls[1].vm.value == 2);
  CHECK(calls[1].commit.value == 0);
  CHECK(trace.events[3] == Event{Loss{.time = Nanos{4000}, .vm = {2}, .count = 37}});
}

TEST_CASE("a line that claims to be a call and can't be read is placed") {
  struct Case {
    const char* line;
    uint32_t column;
    const char* expected;
  };
  const auto c = GENERATE(values<Case>({
      {"kvm_set_user_memory", 20, "' '"},
      {"kvm_set_user_memory Slot#0 flags=0x0", 21, "a decimal number"},
      {"kvm_set_user_memory 1.5 pid=1", 23, "three decimals"},
      {"kvm_set_user_memory 1.5000 pid=1", 26, "' pid='"},
      {"kvm_set_user_memory 9223372036854775807.000 pid=1", 21, "a time within 146 years"},
      {"kvm_set_user_memory 1.500 pid=4294967296", 31, "a number of at most 32 bits"},
      {"kvm_set_user_memory 1.500 pid=1", 32, "as"},
      {"kvm_set_user_memory 1.500 pid=1 slot=0x0 flags=0x0 gpa=0x0", 51, "guest_phys_addr"},
      {"kvm_set_user_memory 1.500 pid=1 slot=0", 37, "'=0x'"},
      {"kvm_set_user_memory 1.500 pid=1 slot=0x", 40, "a hexadecimal number"},
      {"kvm_set_user_memory 1.500 pid=1 slot=0x100000000", 40, "a number of at most 32 bits"},
      {"kvm_set_user_memory 1.500 pid=1 as=0x0 slot=0x10000", 47, "a number of at most 16 bits"},
      {"kvm_set_user_memory 1.500 pid=1 slot=0x0 flags=0x0 guest_phys_addr=0x10000000000000000", 70,
       "a number of at most 64 bits"},
      {"kvm_set_user_memory 1.500 pid=1 slot=0x0 flags=0x0 guest_phys_addr=0x0 memory_size=0x0 "
       "userspace_addr=0x0 ret=0xffffffef",
       113, "0 or a negative errno of 64 bits"},
      {"kvm_set_user_memory 1.500 pid=1 slot=0x0 flags=0x0 guest_phys_addr=0x0 memory_size=0x0 "
       "userspace_addr=0x0 ret=0x0 more",
       114, "the end of the line"},
      {"Dropped_Event 1.500 pid=1", 26, "num_events_dropped"},
  }));
  CAPTURE(c.line);
  const std::string text =
      first_line + c.line + "\n" + "kvm_set_user_memory 2.000 pid=1 " + slot_line;
  const Result<ReadTrace> trace = test::read_text(text);
  REQUIRE_FALSE(trace);
  CHECK(trace.error().place == "test:2:" + std::to_string(c.column));
  CHECK(trace.error().message == std::string("expected ") + c.expected);
  const ReadTrace tolerant = read(text, {.keep_going = true});
  CHECK(tolerant.summary.bad_lines == 1);
  CHECK(tolerant.calls().size() == 1);
}

TEST_CASE("simpletrace.py's text cut off anywhere keeps the calls before") {
  const std::string text = test::data_bytes("simple/simple-v4-7.2-synthetic.txt");
  const std::vector<Call> all = read(text).calls();
  REQUIRE(all.size() == 4);
  const size_t recognisable = text.find(" pid=") + 6;
  for (size_t size = recognisable; size < text.size(); ++size) {
    CAPTURE(size);
    const std::string cut = text.substr(0, size);
    Result<ReadTrace> part = test::read_text(cut);
    REQUIRE(part);
    const std::vector<Call> calls = part->calls();
    REQUIRE(calls.size() <= all.size());
    CHECK(std::equal(calls.begin(), calls.end(), all.begin()));
    const size_t last_line = cut.rfind('\n') == std::string::npos ? 0 : cut.rfind('\n') + 1;
    const std::string rest = cut.substr(last_line);
    const bool cut_in_call = rest.substr(0, 19) == "kvm_set_user_memory" && text[size] != '\n';
    if (cut_in_call) CHECK(part->summary.cut_off());
  }
}

TEST_CASE("other text is not taken for simpletrace.py's") {
  for (const std::string text :
       {"kvm_set_user_memory Slot#0 flags=0x0 gpa=0x0 size=0x20000000 ua=0x7f3603e00000 ret=0\n",
        "21156@1795343477.544007:flatview_new 0x55cf94fb0fa0 (root (nil))\n",
        "loop 20919 [001]  1519.787905: syscalls:sys_enter_ioctl: fd: 0x00000005\n",
        " 1.000 pid=5\n", "a-b 1.000 pid=5\n", "name 1.0 pid=5\n", "name 1 pid=5\n",
        "name 1.000 pid=\n", "name 1.000\npid=5\n"}) {
    CAPTURE(text);
    auto trace = test::read_text(text);
    if (trace) CHECK(trace->info.format != "simpletrace");
  }
  CHECK(read("a warning first\nname 1.000 pid=5").info.format == "simpletrace");
}
