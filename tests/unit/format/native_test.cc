// What the writer writes, the reader reads; what can't be written is said.
#include "analyzer/base/bytes.h"
#include "tests/support/native_trace.h"
#include "tests/support/read_all.h"
#include "tests/support/sample_events.h"
#include "tests/support/small_disk.h"

using namespace slotscope;
using namespace slotscope::test;

TEST_CASE("native: every kind of event comes back with every field") {
  const std::vector<Event> events = extreme_events();
  const auto trace = read_text(native_trace(events));
  REQUIRE(trace);
  REQUIRE(trace->events.size() == events.size());
  for (size_t i = 0; i < events.size(); ++i) {
    INFO("event " << i);
    CHECK(trace->events[i] == events[i]);
  }
  CHECK_FALSE(trace->summary.cut_off());
  CHECK(trace->summary.warnings.empty());
}

TEST_CASE("native: what a trace says about itself comes back") {
  TraceInfo info{.path = "a.log", .format = "qemu", .clock = {}, .faithful = false, .metadata = {}};
  info.metadata = {{"vmm", "QEMU \"7.2\"\n"}, {"", ""}};
  for (Clock clock :
       {Clock::none, Clock::monotonic, Clock::realtime, Clock::time_of_day, Clock::relative}) {
    info.clock = clock;
    const auto once = read_text(native_trace({}, info));
    REQUIRE(once);
    CHECK(once->info.format == "native");
    CHECK(once->info.path == "test");
    CHECK(once->info.clock == clock);
    CHECK_FALSE(once->info.faithful);
    const std::map<std::string, std::string> expected = {
        {"vmm", "QEMU \"7.2\"\n"}, {"", ""}, {"original_format", "qemu"}};
    CHECK(once->info.metadata == expected);
    const auto again = read_text(native_trace({}, once->info));
    REQUIRE(again);
    CHECK(again->info.metadata == expected);
  }
}

TEST_CASE("native: the order of calls and other events holds across blocks and flushes") {
  std::vector<Event> events;
  for (uint64_t i = 0; i < 5000; ++i) {
    if (i % 3 == 0) events.emplace_back(CommitMark{.time = {}, .commit = CommitId{i}, .tid = {}});
    if (i % 7 == 0) events.emplace_back(VmMark{.time = {}, .vm = VmId{7}, .pid = {}});
    if (i % 5 != 0) events.emplace_back(typical_call(i));
  }
  for (size_t flush_every : {1, 2, 3, 100, 1024, 100000}) {
    std::string bytes;
    auto writer = native_writer(bytes);
    for (size_t i = 0; i < events.size(); ++i) {
      REQUIRE(writer->write(events[i]));
      if (i % flush_every == 0) REQUIRE(writer->flush());
    }
    writer->set_end_reason("interrupted");
    REQUIRE(writer->finish());
    const auto trace = read_text(bytes);
    REQUIRE(trace);
    CHECK(trace->events == events);
    CHECK_FALSE(trace->summary.cut_off());
    CHECK(trace->summary.end_reason == "interrupted");
  }
}

TEST_CASE("native: what is flushed is readable before the end") {
  std::string bytes;
  auto writer = native_writer(bytes);
  REQUIRE(writer->write(typical_call(1)));
  REQUIRE(writer->flush());
  REQUIRE(writer->write(typical_call(2)));
  const auto trace = read_text(bytes);
  REQUIRE(trace);
  CHECK(trace->calls() == std::vector<Call>{typical_call(1)});
  CHECK(trace->summary.cut_off());
  REQUIRE(trace->summary.warnings.size() == 1);
  CHECK(trace->summary.warnings[0].message ==
        "ends at byte " + std::to_string(bytes.size()) +
            ", after call 1; the footer is missing: the writer did not finish");
}

TEST_CASE("native: a full disk keeps whole blocks and says what is missing") {
  std::vector<Event> events;
  for (uint64_t i = 0; i < 3000; ++i) events.emplace_back(typical_call(i));
  for (bool takes_back : {true, false}) {
    std::string bytes;
    auto created =
        NativeWriter::create(std::make_unique<SmallDisk>(bytes, 100'000, takes_back), live_info());
    REQUIRE(created);
    NativeWriter& writer = **created;
    writer.set_end_reason("interrupted");
    size_t written = 0;
    for (const Event& event : events) written += static_cast<bool>(writer.write(event));
    CHECK(written == 2047);  // the write that fails is the one that fills the second block
    const Status finished = writer.finish();
    REQUIRE_FALSE(finished);
    CHECK(finished.error().message == "the disk is full");

    const auto trace = read_text(bytes);
    REQUIRE(trace);
    CHECK(trace->events == std::vector<Event>(events.begin(), events.begin() + 1024));
    CHECK(trace->summary.cut_off());
    REQUIRE(trace->summary.warnings.size() == 1);
    if (takes_back) {
      CHECK(trace->summary.end_reason == "interrupted; the disk is full");
      CHECK(trace->summary.warnings[0].message ==
            "1976 events after call 1024 could not be written: interrupted; the disk is full");
    }
  }
}

TEST_CASE("native: that the disk is full is said once where it is the reason of the end") {
  std::string bytes;
  auto writer = NativeWriter::create(std::make_unique<SmallDisk>(bytes, 500, true), live_info());
  REQUIRE(writer);
  for (uint64_t i = 0; i < 10; ++i) REQUIRE((*writer)->write(typical_call(i)));
  REQUIRE_FALSE((*writer)->flush());
  (*writer)->set_end_reason("the disk is full");
  REQUIRE_FALSE((*writer)->finish());
  CHECK(read_text(bytes)->summary.end_reason == "the disk is full");
}

TEST_CASE("native: a reason of the end does nothing to the terminal") {
  std::string bytes;
  auto writer = NativeWriter::create(std::make_unique<SmallDisk>(bytes, 500, true), live_info());
  REQUIRE(writer);
  for (uint64_t i = 0; i < 10; ++i) REQUIRE((*writer)->write(typical_call(i)));
  (*writer)->set_end_reason("\x1b[31m");
  REQUIRE_FALSE((*writer)->finish());
  const auto trace = read_text(bytes);
  REQUIRE(trace);
  REQUIRE(trace->summary.warnings.size() == 1);
  CHECK(trace->summary.warnings[0].message ==
        "10 events after call 0 could not be written: \\x1b[31m; the disk is full");
}

TEST_CASE("native: metadata that no chunk holds is refused") {
  TraceInfo info = live_info();
  info.metadata["huge"] = std::string(5 << 20, 'x');
  std::string bytes;
  const auto writer = NativeWriter::create(memory_sink(bytes), info);
  REQUIRE_FALSE(writer);
  CHECK(bytes.empty());
}

TEST_CASE("native: a device name ends at its first NUL, as it does in the file") {
  const DeviceName name(std::string_view("VGA\0x", 5));
  CHECK(name == DeviceName("VGA"));
  const std::vector<Event> events = {
      Annotation{.time = {}, .tid = {}, .note = PciConfigWrite{name, {}, 0, 0}}};
  CHECK(read_text(native_trace(events))->events == events);
}
