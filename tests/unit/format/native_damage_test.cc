// Torn, damaged and hostile native traces.
#include <algorithm>

#include "analyzer/base/bytes.h"
#include "analyzer/format/bytes/checksum.h"
#include "analyzer/format/native/native_layout.h"
#include "tests/support/native_trace.h"
#include "tests/support/read_all.h"
#include "tests/support/sample_events.h"

using namespace slotscope;
using namespace slotscope::test;

namespace {

// Three blocks, every kind of chunk, and a call with a rest record.
struct Small {
  std::string bytes;
  std::vector<Event> events;
  std::vector<size_t> chunks;  // where each starts; META, EVNT, LIVE, EVNT, EVNT, FOOT

  Small() {
    auto writer = native_writer(bytes);
    const auto add = [&](const Event& event) {
      events.push_back(event);
      REQUIRE(writer->write(event));
    };
    add(VmMark{.time = Nanos{1}, .pid = {}});
    add(typical_call(1));
    REQUIRE(writer->checkpoint(std::vector{typical_call(1)}));
    add(typical_call(2));
    add(CommitMark{.time = {}, .commit = CommitId{1}, .tid = {}, .edge = CommitMark::Edge::end});
    Call wide = typical_call(3);
    wide.guest_memfd = 5;
    add(wide);
    REQUIRE(writer->flush());
    add(typical_call(4));
    writer->set_end_reason("done");
    REQUIRE(writer->finish());
    for (size_t at = native::file_header::size; at < bytes.size();) {
      chunks.push_back(at);
      at += native::chunk_header::size + load_le<uint32_t>(&bytes[at] + 4);
    }
    REQUIRE(chunks.size() == 6);
  }

  char* payload(size_t chunk) { return &bytes[chunks[chunk]] + native::chunk_header::size; }

  // Makes both checks of a changed chunk right again.
  void seal(size_t chunk) {
    namespace at = native::chunk_header;
    char* header = &bytes[chunks[chunk]];
    const auto length = load_le<uint32_t>(header + at::length);
    if (length <= bytes.size()) {
      store_le(header + at::payload_check, checksum({header + at::size, length}));
    }
    store_le(header + at::check, static_cast<uint32_t>(checksum({header, at::check})));
  }
};

bool is_prefix(const std::vector<Event>& events, const std::vector<Event>& of) {
  return events.size() <= of.size() && std::equal(events.begin(), events.end(), of.begin());
}

// What is left of `events` is as it was, in its order; of a whole trace the lost calls are counted.
void check_nothing_else(const ReadTrace& trace, const std::vector<Event>& events) {
  auto from = events.begin();
  uint64_t calls = 0;
  for (const Event& event : trace.events) {
    if (const Loss* loss = std::get_if<Loss>(&event)) {
      CHECK(loss->reason == Loss::Reason::damaged);
      calls += loss->count;
      continue;
    }
    from = std::find(from, events.end(), event);
    REQUIRE(from != events.end());
    calls += std::holds_alternative<Call>(*from++);
  }
  const auto is_call = [](const Event& event) { return std::holds_alternative<Call>(event); };
  if (!trace.summary.cut_off()) {
    CHECK(calls == static_cast<uint64_t>(std::count_if(events.begin(), events.end(), is_call)));
  }
}

Loss lost(uint64_t calls) { return {.time = {}, .count = calls, .reason = Loss::Reason::damaged}; }

}  // namespace

TEST_CASE("native: cut at any byte, a trace reads up to there and is not whole") {
  const Small small;
  for (size_t length = 0; length < small.bytes.size(); ++length) {
    INFO("cut after " << length << " bytes");
    const auto trace = read_text(small.bytes.substr(0, length));
    if (length < native::file_header::size) {
      CHECK_FALSE(trace);
      continue;
    }
    REQUIRE(trace);
    CHECK(is_prefix(trace->events, small.events));
    CHECK(trace->summary.cut_off());
    CHECK_FALSE(trace->summary.warnings.empty());
    if (length >= small.chunks[4]) CHECK(trace->calls().size() >= 3);
  }
  const auto cut = read_text(small.bytes.substr(0, small.chunks[4] + 50));
  REQUIRE(cut);
  CHECK(cut->summary.warnings[0].message ==
        "is cut off inside the chunk at byte " + std::to_string(small.chunks[4]) +
            ", after call 3; at least 46 bytes and the footer are missing: the writer did not "
            "finish");
}

TEST_CASE("native: no flipped bit goes unnoticed") {
  const Small small;
  const auto good = read_text(small.bytes);
  REQUIRE(good);
  REQUIRE(good->events == small.events);
  REQUIRE(good->summary.warnings.empty());
  for (size_t bit = 0; bit < small.bytes.size() * 8; ++bit) {
    INFO("bit " << bit % 8 << " of byte " << bit / 8);
    std::string flipped = small.bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    const auto trace = read_text(flipped);
    if (!trace) {
      CHECK(bit / 8 < native::file_header::size);
      continue;
    }
    check_nothing_else(*trace, small.events);
    if (!trace->summary.warnings.empty()) continue;
    CHECK(trace->events == small.events);  // the damage hit what reading in order ignores
    CHECK(bit / 8 >= small.chunks[2]);
    CHECK(bit / 8 < small.chunks[3]);
  }
}

TEST_CASE("native: a damaged block is a loss in its place, and reading goes on") {
  Small small;
  small.payload(3)[native::block::calls] ^= 1;
  const auto trace = read_text(small.bytes);
  REQUIRE(trace);
  CHECK(trace->events ==
        std::vector<Event>{small.events[0], small.events[1], lost(2), small.events[5]});
  CHECK_FALSE(trace->summary.cut_off());
  REQUIRE(trace->summary.warnings.size() == 1);
  CHECK(trace->summary.warnings[0].message == "damaged blocks: 1, the first at byte " +
                                                  std::to_string(small.chunks[3]) +
                                                  "; their events are counted as lost");
}

TEST_CASE("native: a block that is not there is a loss") {
  Small small;
  small.bytes.erase(small.chunks[3], small.chunks[4] - small.chunks[3]);
  const auto trace = read_text(small.bytes);
  REQUIRE(trace);
  CHECK(trace->events ==
        std::vector<Event>{small.events[0], small.events[1], lost(2), small.events[5]});
}

TEST_CASE("native: a block that comes twice is not read twice") {
  Small small;
  small.bytes.insert(small.chunks[4],
                     small.bytes.substr(small.chunks[3], small.chunks[4] - small.chunks[3]));
  const auto trace = read_text(small.bytes);
  REQUIRE(trace);
  CHECK(std::count(trace->events.begin(), trace->events.end(), small.events[2]) == 1);
  CHECK(trace->summary.cut_off());
}

TEST_CASE("native: records that hold what they can't damage their block") {
  namespace call = native::call_record;
  namespace side = native::side_record;
  const size_t first_side = native::block::calls + 2 * call::size;  // of block 3: a mark, a rest
  constexpr uint8_t no_kind = static_cast<uint8_t>(native::SideKind::guest_cost) + 1;
  struct Case {
    const char* what;
    size_t at;
    uint8_t value;
  };
  for (const Case& c : {
           Case{"an unknown bit", native::block::calls + call::known, 4},
           Case{"an unknown origin", native::block::calls + call::origin, 2},
           Case{"a kind of side record that is none", first_side + side::kind, no_kind},
           Case{"an edge that is none", first_side + side::detail, 2},
           Case{"an unknown bit beside", first_side + side::known, 2},
           Case{"a position after the block", first_side + side::position, 3},
           Case{"a rest without a call", first_side + side::size + side::position, 2},
           Case{"positions that go back", first_side + side::size + side::position, 0},
       }) {
    INFO(c.what);
    Small small;
    small.payload(3)[c.at] = static_cast<char>(c.value);
    small.seal(3);
    const auto trace = read_text(small.bytes);
    REQUIRE(trace);
    CHECK(trace->events ==
          std::vector<Event>{small.events[0], small.events[1], lost(2), small.events[5]});
  }
}

TEST_CASE("native: lengths and counts are not believed") {
  for (uint32_t length : {native::max_payload + 1, 0x7fffffffu, 0xffffffffu}) {
    Small small;
    store_le(&small.bytes[small.chunks[3]] + native::chunk_header::length, length);
    small.seal(3);
    const auto trace = read_text(small.bytes);
    REQUIRE(trace);
    CHECK(is_prefix(trace->events, small.events));
    REQUIRE(trace->summary.warnings.size() == 1);
    CHECK(trace->summary.warnings[0].message == "is damaged at byte " +
                                                    std::to_string(small.chunks[3]) +
                                                    ", after call 1: nothing after it can be read");
  }
  for (uint32_t records : {0u, 1u, 3u, 0x04000000u, 0xffffffffu}) {
    Small small;
    store_le(&small.bytes[small.chunks[3]] + native::chunk_header::records, records);
    small.seal(3);
    const auto trace = read_text(small.bytes);
    REQUIRE(trace);
    CHECK(std::holds_alternative<Loss>(trace->events.at(2)));
    CHECK(trace->events.back() == small.events.back());
    store_le(&small.bytes[small.chunks[5]] + native::chunk_header::records, records);
    small.seal(5);
    CHECK(read_text(small.bytes));
  }
  Small small;
  store_le(small.payload(4), UINT64_MAX);  // the number of the last block's first call
  small.seal(4);
  const auto trace = read_text(small.bytes);
  REQUIRE(trace);
  CHECK(trace->events.back() == Event(lost(1)));
}

TEST_CASE("native: a footer that promises something else means that the trace is not whole") {
  namespace at = native::footer;
  for (size_t field : {at::calls, at::others, at::unwritten}) {
    Small small;
    small.payload(5)[field] ^= 1;
    small.seal(5);
    const auto trace = read_text(small.bytes);
    REQUIRE(trace);
    CHECK(trace->events == small.events);
    CHECK(trace->summary.cut_off());
    CHECK(trace->summary.warnings.size() == 1);
  }
}

TEST_CASE("native: unknown chunks are skipped and counted") {
  Small small;
  std::string unknown = small.bytes.substr(small.chunks[3], small.chunks[4] - small.chunks[3]);
  small.bytes.insert(small.chunks[3], unknown);
  store_le(&small.bytes[small.chunks[3]], native::four("STCK"));
  small.seal(3);
  const auto trace = read_text(small.bytes);
  REQUIRE(trace);
  CHECK(trace->events == small.events);
  CHECK_FALSE(trace->summary.cut_off());
  REQUIRE(trace->summary.warnings.size() == 1);
  CHECK(trace->summary.warnings[0].message ==
        "chunks of kinds that this slotscope does not know, skipped: 1");
}

TEST_CASE("native: a newer version is refused with advice") {
  Small small;
  namespace at = native::file_header;
  store_le<uint32_t>(&small.bytes[at::version], 2);
  const auto unsealed = read_text(small.bytes);
  REQUIRE_FALSE(unsealed);
  CHECK(unsealed.error().message == "the file header is damaged");
  store_le(&small.bytes[at::check],
           static_cast<uint32_t>(checksum({small.bytes.data(), at::check})));
  const auto trace = read_text(small.bytes);
  REQUIRE_FALSE(trace);
  CHECK(trace.error().place == "test");
  CHECK(trace.error().message ==
        "is a native trace of version 2; this slotscope reads versions up to 1");
  CHECK_FALSE(trace.error().advice.empty());
}

TEST_CASE("native: hostile metadata is not fatal") {
  for (const std::string& json :
       {std::string(), std::string("{"), std::string("[]"), std::string("{\"schema\":1}"),
        std::string(100'000, '['), std::string("\xff\xfe"),
        std::string(R"({"schema":"slotscope.trace/1","format":"native","clock":"sundial",)"
                    R"("faithful":true,"metadata":{}})"),
        std::string(R"({"schema":"slotscope.trace/1","format":"native","clock":"none",)"
                    R"("faithful":true,"metadata":{"a":{"b":"c"}}})")}) {
    Small small;
    const size_t length = small.chunks[1] - small.chunks[0] - native::chunk_header::size;
    small.bytes.replace(small.chunks[0] + native::chunk_header::size, length, json);
    store_le(&small.bytes[small.chunks[0]] + native::chunk_header::length,
             static_cast<uint32_t>(json.size()));
    small.seal(0);
    const auto trace = read_text(small.bytes);
    REQUIRE(trace);
    CHECK(trace->events == small.events);
    CHECK(trace->info.clock == Clock::none);
    REQUIRE(trace->summary.warnings.size() == 1);
    CHECK(trace->summary.warnings[0].message ==
          "the metadata can't be read: clock and host are not known");
  }
}

TEST_CASE("native: without its metadata a trace has all its events") {
  Small small;
  small.bytes.erase(small.chunks[0], small.chunks[1] - small.chunks[0]);
  const auto trace = read_text(small.bytes);
  REQUIRE(trace);
  CHECK(trace->events == small.events);
  CHECK(trace->info.metadata.empty());
  REQUIRE_FALSE(trace->summary.warnings.empty());
  CHECK(trace->summary.warnings[0].message ==
        "the metadata can't be read: clock and host are not known");
}

TEST_CASE("native: what follows the footer is said to be there") {
  const Small small;
  for (const std::string& extra : {std::string("x"), small.bytes, std::string(100, '\0')}) {
    const auto trace = read_text(small.bytes + extra);
    REQUIRE(trace);
    CHECK(trace->events == small.events);
    REQUIRE(trace->summary.warnings.size() == 1);
    CHECK(trace->summary.warnings[0].message == "what follows the footer is not read");
  }
}
