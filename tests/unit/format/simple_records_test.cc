#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/data_file.h"
#include "tests/support/dribble.h"
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

Result<ReadTrace> read_from(std::unique_ptr<ByteSource> bytes) {
  auto source = open_trace(std::move(bytes), "test", {});
  if (!source) return std::move(source).error();
  return read_all(**source);
}

bool starts_with(const std::vector<Call>& all, const std::vector<Call>& prefix) {
  return prefix.size() <= all.size() && std::equal(prefix.begin(), prefix.end(), all.begin());
}

}  // namespace

TEST_CASE("a simple trace reads the same however its bytes arrive") {
  const std::string bytes = data_bytes("simple/simple-v4-7.2-synthetic.bin");
  for (const size_t step : {1, 2, 3, 5, 7, 8, 24, 31, 32, 33, 755, 756, 1000}) {
    CAPTURE(step);
    auto trace = read_from(std::make_unique<Dribble>(bytes, step));
    REQUIRE(trace);
    CHECK(trace->events == sample_events(sample_start, true));
    CHECK_FALSE(trace->summary.cut_off());
  }
}

TEST_CASE("lengths and types that can't be end the trace with a warning") {
  const std::string start = named().event(memory, 1, {4, 0, 0, 0x1000, 0x1000, 0}).bytes();
  REQUIRE(start.size() == 398);
  const auto event_head = [](uint32_t length) {
    return SimpleTrace().u64(1).u64(memory).u64(2).u32(length).u32(4242).bytes().substr(24);
  };
  const auto name_head = [](uint32_t length) {
    return SimpleTrace().u64(0).u64(memory).u32(length).bytes().substr(24);
  };
  struct Case {
    std::string bytes;
    const char* message;
  };
  const auto c = GENERATE_COPY(values<Case>({
      {event_head(0), "at byte 398 stands an event of 0 bytes; all from there is left out"},
      {event_head(23), "at byte 398 stands an event of 23 bytes; all from there is left out"},
      {event_head(65537), "at byte 398 stands an event of 65537 bytes; all from there is left out"},
      {event_head(UINT32_MAX),
       "at byte 398 stands an event of 4294967295 bytes; all from there is left out"},
      {event_head(65536),
       "the last record (at byte 398) is cut off after 65040 of its 65544 bytes; it is left out"},
      {name_head(65537),
       "at byte 398 stands an event's name of 65537 bytes; all from there is left out"},
      {name_head(UINT32_MAX),
       "at byte 398 stands an event's name of 4294967295 bytes; all from there is left out"},
      {name_head(65536),
       "the last record (at byte 398) is cut off after 65028 of its 65556 bytes; it is left out"},
      {SimpleTrace().u64(2).bytes().substr(24),
       "at byte 398 stands a record of unknown type 0x2; all from there is left out"},
      {SimpleTrace().u64(UINT64_MAX).bytes().substr(24),
       "at byte 398 stands a record of unknown type 0xffffffffffffffff; all from there is left "
       "out"},
  }));
  const ReadTrace trace = read(start + c.bytes + std::string(65008, '\0'));
  REQUIRE(trace.calls().size() == 1);
  CHECK(trace.calls()[0].slot.value == 4);
  CHECK(trace.summary.cut_off());
  REQUIRE(trace.summary.warnings.size() == 1);
  CHECK(trace.summary.warnings[0].message == c.message);
  CHECK(trace.summary.warnings[0].place == "test");
}

TEST_CASE("the largest record that can be is read past") {
  SimpleTrace trace = named();
  trace.event(exit_reason, 1, std::string(65536 - 24 - 4, 'x'), {});
  trace.name(3, std::string(65536, 'n')).event(memory, 2, {4, 0, 0, 0x1000, 0x1000, 0});
  const ReadTrace read_back = read(trace.bytes());
  CHECK(read_back.calls().size() == 1);
  CHECK(read_back.summary.skipped_lines == 1);
  CHECK_FALSE(read_back.summary.cut_off());
}

TEST_CASE("a simple trace cut off anywhere keeps what is before") {
  SimpleTrace trace;
  std::vector<size_t> ends = {trace.bytes().size()};
  const auto mark = [&] { ends.push_back(trace.bytes().size()); };
  trace.name(memory, "kvm_set_user_memory"), mark();
  trace.name(view, "flatview_new"), mark();
  trace.name(cfg_write, "pci_cfg_write"), mark();
  trace.event(memory, 1, {0, 0, 0, 0x1000, 0x1000, 0}), mark();
  trace.event(view, 2, {1, 2}), mark();
  trace.event(cfg_write, 3, "VGA", {1, 2, 3, 0x10, 0xfd000008}), mark();
  trace.event(memory, 4, {0, 1, 0, 0x100000, 0x2000, 0x7f0000000000, 17, 0x1000, 0}), mark();
  trace.event(dropped, 5, {37}), mark();
  trace.event(memory, 6, {1, 0, 0, 0x1000, 0x1000, ret_eexist}), mark();
  const std::vector<Call> all = read(trace.bytes()).calls();
  REQUIRE(all.size() == 3);

  for (size_t size = 0; size < trace.bytes().size(); ++size) {
    CAPTURE(size);
    const std::string cut = trace.bytes().substr(0, size);
    Result<ReadTrace> part = read_text(cut);
    if (size < 24) {
      REQUIRE_FALSE(part);
      if (size >= 16) {
        CHECK(part.error().message ==
              "is cut off after " + std::to_string(size) + " of the 24 bytes of its header");
      }
      continue;
    }
    REQUIRE(part);
    CHECK(starts_with(all, part->calls()));
    const size_t records =
        static_cast<size_t>(std::upper_bound(ends.begin(), ends.end(), size) - ends.begin()) - 1;
    CHECK(part->calls().size() == size_t{records >= 9} + (records >= 7) + (records >= 4));
    const bool at_boundary = ends[records] == size;
    CHECK(part->summary.cut_off() != at_boundary);
    REQUIRE(part->summary.warnings.size() == (at_boundary ? 0 : 1));
    if (at_boundary) continue;
    const std::string place = "the last record (at byte " + std::to_string(ends[records]) +
                              ") is cut off after " + std::to_string(size - ends[records]);
    CHECK(part->summary.warnings[0].message.substr(0, place.size()) == place);
  }
}

TEST_CASE("a simple trace in a cut-off stream is not whole") {
  class Torn : public Dribble {
   public:
    using Dribble::Dribble;
    std::string torn() const override { return "the gzip stream is cut off"; }
  };
  const std::string bytes = named().event(memory, 1, {4, 0, 0, 0x1000, 0x1000, 0}).bytes();
  auto at_boundary = read_from(std::make_unique<Torn>(bytes, 100));
  REQUIRE(at_boundary);
  CHECK(at_boundary->calls().size() == 1);
  CHECK(at_boundary->summary.cut_off());
  REQUIRE(at_boundary->summary.warnings.size() == 1);
  CHECK(at_boundary->summary.warnings[0].message == "the gzip stream is cut off");

  auto inside = read_from(std::make_unique<Torn>(bytes.substr(0, 393), 100));
  REQUIRE(inside);
  CHECK(inside->calls().empty());
  REQUIRE(inside->summary.warnings.size() == 1);
  CHECK(inside->summary.warnings[0].message ==
        "the last record (at byte 318) is cut off after 75 of its 80 bytes; it is left out: the "
        "gzip stream is cut off");
}

TEST_CASE("only version 4 of the simple trace is read") {
  for (const uint64_t version : {0, 1, 2, 3, 5}) {
    for (const std::endian order : {std::endian::little, std::endian::big}) {
      CAPTURE(version);
      const Result<ReadTrace> trace = read_text(SimpleTrace(order, version).bytes());
      REQUIRE_FALSE(trace);
      CHECK(trace.error().fault == Fault::bad_input);
      CHECK(trace.error().message == "is a QEMU simple-backend trace of version " +
                                         std::to_string(version) + "; only 4 can be read");
      CHECK(trace.error().advice ==
            "QEMU 2.8 and later write version 4; decode this file with scripts/simpletrace.py of "
            "the QEMU that wrote it and give slotscope the text");
    }
  }
  const ReadTrace nothing = read(SimpleTrace().bytes());
  CHECK(nothing.events.empty());
  CHECK_FALSE(nothing.summary.cut_off());
}

TEST_CASE("a long simple trace comes in batches, in order") {
  constexpr uint64_t count = 20'000;
  SimpleTrace trace = named();
  for (uint64_t i = 0; i < count; ++i) {
    trace.event(memory, i, {i & 0x7fff, 0, i << 12, 0x1000, i << 13, 0});
  }
  auto source = open_trace(std::make_unique<Dribble>(trace.bytes(), 4099), "test", {});
  REQUIRE(source);
  EventBatch batch;
  uint64_t seen = 0;
  size_t largest = 0;
  while (true) {
    const Result<bool> more = (*source)->read(batch);
    REQUIRE(more);
    if (!*more) break;
    largest = std::max(largest, batch.size());
    for (const Event& event : batch) {
      const Call& call = std::get<Call>(event);
      const bool right = call.time == Nanos{static_cast<int64_t>(seen)} &&
                         call.slot.value == (seen & 0x7fff) && call.gpa.value == seen << 12 &&
                         call.hva.value == seen << 13;
      if (!right) FAIL("call " << seen << " differs");
      ++seen;
    }
  }
  CHECK(seen == count);
  CHECK(largest < 2000);
  CHECK_FALSE((*source)->summary().cut_off());
}
