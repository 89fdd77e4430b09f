// Stacks travel with the calls that have them, in both formats that hold them.
#include "tests/support/stacks.h"

#include "analyzer/format/native/native_stacks.h"
#include "analyzer/format/tables/jsonl.h"
#include "tests/support/native_trace.h"
#include "tests/support/read_all.h"
#include "tests/support/specified_bytes.h"

using namespace slotscope;
using namespace slotscope::test;

namespace {

TraceInfo info_with_stacks() {
  TraceInfo info = live_info();
  info.stacks = sample_stacks();
  return info;
}

std::vector<Event> events() {
  std::vector<Event> events;
  for (uint32_t stack : {1, 2, 1, 9, 0, 3}) events.emplace_back(call_with_stack(stack));
  return events;
}

std::string jsonl(const std::vector<Event>& events, const TraceInfo& info) {
  std::string bytes;
  const auto writer = jsonl_writer(memory_sink(bytes), info);
  for (const Event& event : events) REQUIRE(writer->write(event));
  REQUIRE(writer->finish());
  return bytes;
}

template <class Id>
void check_same(const StackTable& a, const StackTable& b, std::initializer_list<uint32_t> ids) {
  for (const uint32_t n : ids) {
    INFO("id " << n);
    const auto *one = a.find(Id{n}), *other = b.find(Id{n});
    REQUIRE((one != nullptr) == (other != nullptr));
    if (one) CHECK(*one == *other);
  }
}

void check_tables(const StackTable& read) {
  const auto written = sample_stacks();
  check_same<StackId>(read, *written, {1, 2, 3, 9});
  check_same<FrameId>(read, *written, {1, 2, 3, 4, 0xffffffff});
  check_same<ModuleId>(read, *written, {1, 7});
}

// Whether all `ids` are there; those that are, are as they were written.
template <class Id>
bool has_all(const StackTable& read, const StackTable& written,
             std::initializer_list<uint32_t> ids) {
  bool all = true;
  for (const uint32_t n : ids) {
    const auto *one = read.find(Id{n}), *other = written.find(Id{n});
    REQUIRE(other);
    if (one) CHECK(*one == *other);
    all = all && one;
  }
  return all;
}

size_t count(std::string_view text, std::string_view what) {
  size_t n = 0;
  for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++n;
  return n;
}

struct Record {
  std::string bytes;
  template <class T>
  Record& put(T value) {
    for (size_t i = 0; i < sizeof value; ++i) {
      bytes += static_cast<char>(static_cast<uint64_t>(value) >> 8 * i);
    }
    return *this;
  }
  Record& put(std::string_view text) {
    bytes += text;
    return *this;
  }
};

Record frame(uint32_t id, uint8_t anchor, std::string_view function) {
  Record record;
  record.put(id).put(uint32_t{1}).put(uint64_t{0x1000}).put(uint64_t{16}).put(anchor);
  return record.put(uint8_t{0}).put(static_cast<uint16_t>(function.size())).put(function);
}

Record stack(uint32_t id, uint16_t frames, uint8_t end) {
  Record record;
  record.put(id).put(frames).put(end).put(uint8_t{0});
  for (uint32_t i = 1; i <= frames; ++i) record.put(i);
  return record;
}

}  // namespace

TEST_CASE("stacks: native and JSON Lines give back every field") {
  const std::vector<Event> written = events();
  for (const std::string& bytes :
       {native_trace(written, info_with_stacks()), jsonl(written, info_with_stacks())}) {
    const auto trace = read_text(bytes);
    REQUIRE(trace);
    CHECK(trace->events == written);
    CHECK(trace->summary.warnings.empty());
    check_tables(*trace->info.stacks);
  }
}

TEST_CASE("stacks: one format hands them on to the other") {
  const auto native = read_text(native_trace(events(), info_with_stacks()));
  REQUIRE(native);
  const auto json = read_text(jsonl(native->events, native->info));
  REQUIRE(json);
  const auto again = read_text(native_trace(json->events, json->info));
  REQUIRE(again);
  CHECK(again->events == events());
  check_tables(*again->info.stacks);
}

TEST_CASE("stacks: each definition is written once, and before the call that needs it") {
  const std::string lines = jsonl(events(), info_with_stacks());
  CHECK(count(lines, R"("event":"stack")") == 3);
  CHECK(count(lines, R"("event":"frame")") == 4);
  CHECK(count(lines, R"("event":"module")") == 2);
  CHECK(lines.find(R"("event":"stack","stack":2)") < lines.find(R"("stack":2,"origin")"));
  CHECK(lines.find(R"("event":"frame","frame":4)") < lines.find(R"("event":"stack","stack":2)"));
  CHECK(count(lines, R"("function_hex":"80206e6f)") == 1);
}

TEST_CASE("stacks: a native trace that is torn has the stacks of all its calls") {
  std::string bytes;
  auto writer = native_writer(bytes, info_with_stacks());
  for (uint32_t stack : {1u, 2u}) {
    REQUIRE(writer->write(call_with_stack(stack)));
    REQUIRE(writer->flush());
  }
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto trace = read_text(bytes.substr(0, size));
    if (!trace) continue;
    for (const Call& call : trace->calls()) {
      INFO("cut at " << size);
      CHECK(trace->info.stacks->find(call.stack));
    }
  }
}

TEST_CASE("stacks: a damaged table costs stacks and no calls") {
  std::string bytes = native_trace(events(), info_with_stacks());
  bytes[bytes.find("kvm_vm_ioctl")] ^= 1;
  const auto trace = read_text(bytes);
  REQUIRE(trace);
  CHECK(trace->events == events());
  CHECK_FALSE(trace->summary.cut_off());
  REQUIRE(trace->summary.warnings.size() == 1);
  CHECK(trace->summary.warnings[0].message ==
        "damaged tables of stacks: 1; calls are complete, some of their stacks are not");
  CHECK(trace->info.stacks->find(StackId{1}));
  CHECK_FALSE(trace->info.stacks->find(FrameId{1}));
}

TEST_CASE("stacks: no flipped bit changes one, and one that is gone is said") {
  const std::string bytes = native_trace(events(), info_with_stacks());
  const auto written = sample_stacks();
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    INFO("bit " << bit % 8 << " of byte " << bit / 8);
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    const auto trace = read_text(flipped);
    if (!trace) continue;
    const StackTable& read = *trace->info.stacks;
    const bool stacks = has_all<StackId>(read, *written, {1, 2, 9});
    const bool frames = has_all<FrameId>(read, *written, {1, 2, 4, 0xffffffff});
    const bool modules = has_all<ModuleId>(read, *written, {1, 7});
    if (!stacks || !frames || !modules) CHECK_FALSE(trace->summary.warnings.empty());
  }
}

TEST_CASE("stacks: tables that can't be are refused") {
  using native::ChunkType;
  struct Case {
    const char* what;
    ChunkType type;
    uint32_t records;
    std::string payload;
    bool good;
  };
  const std::string good_frame = frame(1, 0, "f").bytes, good_stack = stack(1, 2, 0).bytes;
  std::string long_name = frame(1, 0, "f").bytes;
  long_name[native::frame_record::function_size] = 2;
  std::string long_stack = good_stack;
  long_stack[native::stack_record::frames + 1] = '\xff';
  for (const Case& one :
       {Case{"a frame", ChunkType::frames, 1, good_frame, true},
        Case{"a stack", ChunkType::stacks, 1, good_stack, true},
        Case{"nothing", ChunkType::modules, 0, "", true},
        Case{"fewer records than counted", ChunkType::frames, 2, good_frame, false},
        Case{"four thousand million records", ChunkType::modules, 0xffffffff, "", false},
        Case{"bytes left over", ChunkType::frames, 1, good_frame + '\0', false},
        Case{"a name past the end", ChunkType::frames, 1, long_name, false},
        Case{"frames past the end", ChunkType::stacks, 1, long_stack, false},
        Case{"an anchor that is none", ChunkType::frames, 1, frame(1, 3, "f").bytes, false},
        Case{"the last of the ends", ChunkType::stacks, 1, stack(1, 2, 4).bytes, true},
        Case{"an end that is none", ChunkType::stacks, 1, stack(1, 2, 5).bytes, false},
        Case{"half a record", ChunkType::modules, 1, std::string(7, '\0'), false}}) {
    INFO(one.what);
    StackTable table;
    CHECK(native::decode_stacks(one.type, one.records, one.payload, table) == one.good);
  }
}

TEST_CASE("stacks: the examples of the specification are what the writer writes") {
  using Anchor = StackFrame::Anchor;
  auto table = std::make_shared<StackTable>();
  table->define(ModuleId{1}, {"/bin/vmm", "d954"});
  table->define(FrameId{1},
                {ModuleId{1}, CodeAddress{0x7f36c1}, Bytes{97}, Anchor::symbol, "ioctl"});
  table->define(FrameId{2},
                {ModuleId{1}, CodeAddress{0x7f5b38}, Bytes{0xb8}, Anchor::function_start, ""});
  table->define(StackId{1}, {{FrameId{1}, FrameId{2}}, Stack::End::outermost});
  native::StackEncoder encoder(table);
  encoder.add(StackId{1});
  const std::string sections[] = {"```stacks MODS", "```stacks FRMS", "```stacks STKS"};
  const uint32_t records[] = {1, 2, 1};
  for (size_t i = 0; i < 3; ++i) {
    INFO(sections[i]);
    CHECK(encoder.tables()[i].payload == specified_bytes(sections[i]));
    CHECK(encoder.tables()[i].records == records[i]);
  }
}

TEST_CASE("stacks: the first definition stays, and 0 names nothing") {
  StackTable table;
  CHECK(table.define(StackId{5}, {{FrameId{1}}, Stack::End::outermost}));
  CHECK_FALSE(table.define(StackId{5}, {{FrameId{2}}, Stack::End::outermost}));
  CHECK(table.find(StackId{5})->frames == std::vector{FrameId{1}});
  CHECK_FALSE(table.define(ModuleId{0}, {"x", ""}));
  CHECK(table.functions(StackId{5}).empty());
  CHECK(sample_stacks()->functions(StackId{1}) == std::vector<std::string_view>{"kvm_vm_ioctl"});
}

TEST_CASE("stacks: JSON Lines say where a definition is wrong") {
  std::string head = jsonl({}, live_info());
  head.resize(head.find('\n') + 1);  // without the end record
  for (const char* line :
       {R"({"event":"stack","stack":1,"frames":[1,"2"]})",
        R"({"event":"stack","stack":1,"frames":[4294967296]})",
        R"({"event":"stack","stack":1,"frames":[-1]})",
        R"({"event":"frame","frame":1,"anchor":"nearest"})",
        R"({"event":"frame","frame":1,"function_hex":"0"})", R"({"event":"module","module":-1})"}) {
    INFO(line);
    const auto trace = read_text(head + line + "\n");
    REQUIRE_FALSE(trace);
    CHECK(trace.error().place.starts_with("test:2:"));
  }
}
