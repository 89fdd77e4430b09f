#include "analyzer/format/tables/jsonl.h"

#include <algorithm>

#include "tests/support/native_trace.h"
#include "tests/support/read_all.h"
#include "tests/support/sample_events.h"
#include "tests/support/small_disk.h"

using namespace slotscope;
using namespace slotscope::test;

namespace {

std::string jsonl(const std::vector<Event>& events, const TraceInfo& info = live_info()) {
  std::string bytes;
  const auto writer = jsonl_writer(memory_sink(bytes), info);
  for (const Event& event : events) REQUIRE(writer->write(event));
  REQUIRE(writer->finish());
  return bytes;
}

const std::string header =
    R"({"schema":"slotscope.trace/1","format":"native","clock":"monotonic","faithful":true,)"
    R"("metadata":{"kernel":"6.1"}})"
    "\n";

// What the writer begins with: a promise.
const std::string written_header =
    R"({"schema":"slotscope.trace/1","format":"native","clock":"monotonic","faithful":true,)"
    R"("end_record":true,"metadata":{"kernel":"6.1"}})"
    "\n";

}  // namespace

TEST_CASE("jsonl: every kind of event comes back with every field") {
  const std::vector<Event> events = extreme_events();
  const auto trace = read_text(jsonl(events));
  REQUIRE(trace);
  REQUIRE(trace->events.size() == events.size());
  for (size_t i = 0; i < events.size(); ++i) {
    INFO("event " << i);
    CHECK(trace->events[i] == events[i]);
  }
  CHECK_FALSE(trace->summary.cut_off());
  CHECK(trace->summary.skipped_lines == 0);
}

TEST_CASE("jsonl: what a trace says about itself comes back") {
  TraceInfo info = live_info();
  info.faithful = false;
  info.clock = Clock::time_of_day;
  info.metadata = {{"cmdline", "qemu \"-name\" x\n"}, {"broken", "\xff"}};
  const auto trace = read_text(jsonl({}, info));
  REQUIRE(trace);
  CHECK(trace->info.format == "jsonl");
  CHECK_FALSE(trace->info.faithful);
  CHECK(trace->info.clock == Clock::time_of_day);
  CHECK(trace->info.metadata ==
        std::map<std::string, std::string>{{"cmdline", "qemu \"-name\" x\n"},
                                           {"broken", "\xef\xbf\xbd"},
                                           {"original_format", "native"}});
}

TEST_CASE("jsonl: the lines are as documented") {
  Call call = typical_call(3);
  call.flags = slot_flag::log_dirty | slot_flag::guest_memfd | 0x18;
  call.guest_memfd = 5;
  call.guest_memfd_offset = Bytes{4096};
  call.ret = -17;
  const PciFunction vga{0, 2, 0};
  const std::vector<Event> events = {
      call,
      Call{},
      Loss{.time = {}, .count = 37, .reason = Loss::Reason::undecoded},
      CommitMark{.time = Nanos{5}, .commit = CommitId{2}, .tid = Tid{8}, .edge = {}},
      VmMark{.time = {}, .vm = VmId{2}, .pid = Pid{7}, .edge = VmMark::Edge::end},
      Annotation{.time = {}, .tid = {}, .note = MemslotIoctl{0x4020ae46}},
      Annotation{.time = {}, .tid = {}, .note = PciConfigWrite{DeviceName("VGA"), vga, 16, 255}},
      Annotation{.time = {},
                 .tid = {},
                 .note = PciMapping{PciMapping::Change::del, DeviceName("\xff!"), vga, 6,
                                    0xfebc0000, Bytes{65536}}},
      Annotation{.time = {}, .tid = {}, .note = GlobalDirty{1}},
  };
  CHECK(jsonl(events) ==
        written_header +
            R"({"event":"call","time_ns":1000003000,"duration_ns":703,"vm":1,"as":0,"slot":3,)"
            R"("flags":["log_dirty","guest_memfd","0x18"],"gpa":"0x3000","size":4096,)"
            R"("hva":"0x7f0000003000","guest_memfd":5,"guest_memfd_offset":4096,"ret":-17,)"
            R"("pid":100,"tid":101,"commit":1,"origin":"traced"}
{"event":"call","vm":1,"as":0,"slot":0,"flags":[],"gpa":"0x0","size":0,"hva":"0x0","ret":0,"origin":"traced"}
{"event":"loss","count":37,"reason":"undecoded"}
{"event":"commit","edge":"begin","time_ns":5,"vm":1,"tid":8,"commit":2}
{"event":"vm","edge":"end","vm":2,"pid":7}
{"event":"kvm_vm_ioctl","vm":1,"request":"0x4020ae46"}
{"event":"pci_cfg_write","vm":1,"device":"VGA","function":"00:02.0","offset":"0x10","value":"0xff"}
{"event":"pci_update_mappings_del","vm":1,"device_hex":"ff21","function":"00:02.0","bar":6,"address":"0xfebc0000","size":65536}
{"event":"global_dirty_changed","vm":1,"bitmask":1}
{"event":"end","calls":2,"events":9}
)");
}

TEST_CASE("jsonl: a line that claims to be an event and is none is placed") {
  const std::string slot = R"("slot":0,"gpa":"0x0","size":4096)";
  struct Case {
    std::string line;
    uint32_t column;
    const char* message;
  };
  for (const Case& c : {
           Case{R"({"event":"call",})", 17, "expected JSON"},
           Case{R"({"event":"call" "x"})", 19, "expected JSON"},
           Case{"{\"event\":\"\xff\"}", 11, "expected JSON"},
           Case{"not json", 2, "expected JSON"},
           Case{R"({"event":"call")", 16, "expected JSON"},
           Case{"17", 1, "expected an object of numbers, strings and lists of either"},
           Case{R"({"event":{"a":1}})", 1,
                "expected an object of numbers, strings and lists of either"},
           Case{R"({"a":[["x"]]})", 1,
                "expected an object of numbers, strings and lists of either"},
           Case{R"({"vm":1})", 1, "expected an object with \"event\""},
           Case{R"({"event":7})", 2, "expected a string"},
           Case{R"({"event":"call","slot":0,"size":1})", 1, "expected a call with \"gpa\""},
           Case{R"({"event":"call",)" + slot + R"(,"vm":"1"})", 50, "expected a whole number"},
           Case{R"({"event":"call",)" + slot + R"(,"vm":1.5})", 50, "expected a whole number"},
           Case{R"({"event":"call",)" + slot + R"(,"vm":-1})", 50,
                "expected a number that fits its field"},
           Case{R"({"event":"call",)" + slot + R"(,"as":65536})", 50,
                "expected a number that fits its field"},
           Case{R"({"event":"call",)" + slot + R"(,"ret":2147483648})", 50,
                "expected a number that fits its field"},
           Case{R"({"event":"call",)" + slot + R"(,"hva":4096})", 50,
                "expected a string \"0x...\" that fits its field"},
           Case{R"({"event":"call",)" + slot + R"(,"hva":"0x1g"})", 50,
                "expected a string \"0x...\" that fits its field"},
           Case{R"({"event":"call",)" + slot + R"(,"flags":["dirty"]})", 50,
                "expected a list of flags"},
           Case{R"({"event":"call",)" + slot + R"(,"flags":1})", 50, "expected a list of flags"},
           Case{R"({"event":"call",)" + slot + R"(,"origin":"guessed"})", 50,
                "expected one of the words of this key"},
           Case{R"({"event":"commit"})", 1, "expected a commit with \"edge\""},
           Case{R"({"event":"vm"})", 1, "expected a vm with \"edge\""},
           Case{R"({"event":"pci_cfg_write","function":"00:02"})", 26,
                "expected a PCI function such as \"00:1f.2\""},
           Case{R"({"event":"pci_cfg_write","device_hex":"0g"})", 26,
                "expected pairs of hexadecimal digits"},
           Case{R"({"event":"pci_cfg_write","device_hex":"012"})", 26,
                "expected pairs of hexadecimal digits"},
       }) {
    INFO(c.line);
    const auto trace = read_text(header + c.line + "\n");
    REQUIRE_FALSE(trace);
    CHECK(trace.error().message == c.message);
    CHECK(trace.error().place == "test:2:" + std::to_string(c.column));

    const auto counted = read_text(header + c.line + "\n" + R"({"event":"call",)" + slot + "}\n",
                                   {.keep_going = true});
    REQUIRE(counted);
    CHECK(counted->summary.bad_lines == 1);
    REQUIRE(counted->events.size() == 2);
    CHECK(std::get<Loss>(counted->events[0]).reason == Loss::Reason::damaged);
  }
}

TEST_CASE("jsonl: what a newer slotscope may add is passed over") {
  const auto trace =
      read_text(header + "\n" + R"({"event":"quiet","x":1})" + "\n" +
                R"({"event":"call","slot":1,"gpa":"0x0","size":0,"new":true,"null":null})" + "\n");
  REQUIRE(trace);
  CHECK(trace->calls().size() == 1);
  CHECK(trace->summary.skipped_lines == 2);
}

TEST_CASE("jsonl: a header that can't be read is an error") {
  for (const std::string& first :
       {std::string(R"({"schema":"slotscope.trace/2","format":"native","clock":"none",)"
                    R"("faithful":true,"metadata":{}})"),
        std::string(R"({"schema":"slotscope.trace/1"})"),
        std::string(R"({"schema":"slotscope.trace/1)"),
        R"({"schema":"slotscope.trace/1","metadata":{"x":")" + std::string(1 << 17, 'x') +
            "\"}}"}) {
    const auto trace = read_text(first + "\n");
    REQUIRE_FALSE(trace);
    CHECK(trace.error().place == "test:1");
    CHECK(trace.error().message == "expected a header of schema slotscope.trace/1");
    CHECK(trace.error().excerpt.size() <= 100);
  }
}

TEST_CASE("jsonl: cut at any byte, what is read is a prefix") {
  const std::vector<Event> events = {typical_call(1), VmMark{.time = {}, .pid = {}},
                                     typical_call(2)};
  const std::string whole = jsonl(events);
  for (size_t length = written_header.size(); length < whole.size(); ++length) {
    INFO("cut after " << length << " bytes");
    const auto trace = read_text(whole.substr(0, length));
    REQUIRE(trace);
    CHECK(trace->events.size() <= events.size());
    CHECK(std::equal(trace->events.begin(), trace->events.end(), events.begin()));
    CHECK(trace->summary.cut_off());
  }
  CHECK(read_text(whole)->summary.ending == Ending::marked);
}

TEST_CASE("jsonl: a line that was taken out is missed") {
  const std::string whole =
      jsonl({typical_call(1), VmMark{.time = {}, .pid = {}}, typical_call(2)});
  size_t line = whole.find('\n') + 1;
  for (int taken = 0; taken < 3; ++taken) {
    const size_t end = whole.find('\n', line) + 1;
    const auto trace = read_text(whole.substr(0, line) + whole.substr(end));
    REQUIRE(trace);
    CHECK(trace->summary.cut_off());
    REQUIRE(trace->summary.warnings.size() == 1);
    CHECK(trace->summary.warnings[0].message.starts_with(
        "its end promises 2 calls and 3 events; there are "));
    line = end;
  }
}

TEST_CASE("jsonl: the end of another program's file is not marked") {
  const std::string whole = jsonl({typical_call(1)});
  const std::string lines = whole.substr(whole.find('\n') + 1);
  const std::string call = lines.substr(0, lines.find('\n') + 1);
  const auto trace = read_text(header + call);
  REQUIRE(trace);
  CHECK(trace->summary.ending == Ending::not_marked);
  REQUIRE(trace->summary.warnings.size() == 1);
  CHECK(trace->summary.warnings[0].message ==
        "its end is not marked, so calls missing there would go unnoticed");
  const auto old = read_text(header + call + R"({"event":"end","reason":"interrupted"})" + "\n");
  REQUIRE(old);
  CHECK(old->summary.ending == Ending::marked);
}

TEST_CASE("jsonl: the reason of the end comes back") {
  std::string bytes;
  const auto writer = jsonl_writer(memory_sink(bytes), live_info());
  REQUIRE(writer->write(typical_call(1)));
  writer->set_end_reason("interrupted \x1b[31m");
  REQUIRE(writer->finish());
  const auto trace = read_text(bytes);
  REQUIRE(trace);
  CHECK(trace->calls().size() == 1);
  CHECK(trace->summary.end_reason == "interrupted \\x1b[31m");
}

TEST_CASE("jsonl: a full disk keeps whole blocks and says what is missing") {
  std::vector<Event> events;
  for (uint64_t i = 0; i < 3000; ++i) events.emplace_back(typical_call(i));
  for (size_t room : {150'000, 10'000}) {
    std::string bytes;
    const auto writer = jsonl_writer(std::make_unique<SmallDisk>(bytes, room, true), live_info());
    writer->set_end_reason("interrupted");
    for (const Event& event : events) static_cast<void>(writer->write(event));
    const Status finished = writer->finish();
    REQUIRE_FALSE(finished);
    CHECK(finished.error().message == "the disk is full");

    const auto trace = read_text(bytes);
    REQUIRE(trace);
    CHECK(trace->info.metadata.at("kernel") == "6.1");
    const size_t kept = trace->events.size();
    CHECK((kept > 0) == (room > 100'000));
    REQUIRE(kept < events.size());
    CHECK(std::equal(trace->events.begin(), trace->events.end(), events.begin()));
    CHECK(trace->summary.cut_off());
    REQUIRE(trace->summary.warnings.size() == 1);
    CHECK(trace->summary.warnings[0].message ==
          std::to_string(3000 - kept) +
              " events at the end could not be written: interrupted; the disk is full");
  }
}

TEST_CASE("jsonl: hostile nesting is refused without the memory that it asks for") {
  for (const std::string& line :
       {std::string(60'000, '['), "{\"a\":" + std::string(60'000, '['), std::string(60'000, '{')}) {
    const auto trace = read_text(header + line + "\n", {.keep_going = true});
    REQUIRE(trace);
    CHECK(trace->summary.bad_lines == 1);
  }
}
