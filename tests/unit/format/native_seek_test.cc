// Checkpoints: from any call of a trace to the state before it and the calls after it.
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "analyzer/base/bytes.h"
#include "analyzer/format/bytes/checksum.h"
#include "analyzer/format/native/native_layout.h"
#include "tests/support/native_trace.h"
#include "tests/support/read_all.h"
#include "tests/support/sample_events.h"

using namespace slotscope;
using namespace slotscope::test;

namespace {

constexpr uint64_t last_call = 3000;

// After calls 3, 1103 and 2203: in the first block, and behind full and partial blocks.
bool has_checkpoint(uint64_t n) { return n % 1100 == 3; }

// What exists after call n, for the purposes of these tests: slots of the last few calls.
std::vector<Call> live_after(uint64_t n) {
  std::vector<Call> live;
  for (uint64_t i = n - n % 1000; i <= n; ++i) live.push_back(typical_call(i));
  live.back().guest_memfd = 3;  // slots have rests, too
  return live;
}

std::string checkpointed_trace() {
  std::string bytes;
  auto writer = native_writer(bytes);
  for (uint64_t n = 1; n <= last_call; ++n) {
    if (n % 100 == 0) REQUIRE(writer->write(VmMark{.time = {}, .pid = {}}));
    REQUIRE(writer->write(typical_call(n)));
    if (has_checkpoint(n)) REQUIRE(writer->checkpoint(live_after(n)));
  }
  REQUIRE(writer->finish());
  return bytes;
}

std::unique_ptr<Source> open(std::string_view bytes) {
  auto source = open_trace(memory_bytes(bytes), "test", {});
  REQUIRE(source);
  return *std::move(source);
}

// The calls that follow a seek to the checkpoint after call `after`.
std::vector<Call> calls_from(uint64_t after) {
  std::vector<Call> expected;
  if (after > 0) expected = live_after(after);
  for (Call& slot : expected) slot.origin = Origin::snapshot;
  for (uint64_t n = after + 1; n <= last_call; ++n) expected.push_back(typical_call(n));
  return expected;
}

Checkpoint seek(Source& source, uint64_t number) {
  const auto found = source.seek(CallNumber{number});
  REQUIRE(found);
  REQUIRE(*found);
  return **found;
}

// The offsets of the chunks of one type.
std::vector<size_t> chunks_of(const std::string& bytes, native::ChunkType type) {
  std::vector<size_t> found;
  for (size_t at = native::file_header::size; at < bytes.size();) {
    if (load_le<uint32_t>(&bytes[at]) == static_cast<uint32_t>(type)) found.push_back(at);
    at += native::chunk_header::size + load_le<uint32_t>(&bytes[at] + 4);
  }
  return found;
}

}  // namespace

TEST_CASE("seek: every call is reached from the last checkpoint before it") {
  const std::string bytes = checkpointed_trace();
  const auto source = open(bytes);
  uint64_t nearest = 0, read_from = UINT64_MAX;
  for (uint64_t number = 0; number <= last_call + 10; ++number) {
    INFO("seek to call " << number);
    if (number <= last_call && has_checkpoint(number)) nearest = number;
    const Checkpoint at = seek(*source, number);
    REQUIRE(at.after.value == nearest);
    REQUIRE(at.slots == (nearest == 0 ? 0 : live_after(nearest).size()));
    if (std::exchange(read_from, nearest) == nearest) continue;  // the rest is as before
    const auto trace = read_all(*source);
    REQUIRE(trace);
    CHECK(trace->calls() == calls_from(nearest));
    CHECK(trace->all<VmMark>().size() == last_call / 100 - nearest / 100);
    CHECK_FALSE(trace->summary.cut_off());
    CHECK(trace->summary.warnings.empty());
  }
  CHECK(seek(*source, UINT64_MAX).after == CallNumber{2203});
}

TEST_CASE("seek: from anywhere to anywhere, also in the middle of reading") {
  const std::string bytes = checkpointed_trace();
  const auto source = open(bytes);
  EventBatch batch;
  for (uint64_t number : {2500, 1200, 0, 3000, 3, 2}) {
    const uint64_t after = seek(*source, number).after.value;
    REQUIRE(*source->read(batch));
    const Call expected = calls_from(after).front();
    CHECK(std::get<Call>(batch.front()) == expected);
  }
  const auto trace = read_all(*source);
  REQUIRE(trace);
  CHECK_FALSE(trace->summary.cut_off());
}

TEST_CASE("seek: a file is sought, a compressed one and a pipe are read from start to end") {
  const std::string path = std::string(std::getenv("TMPDIR") ? std::getenv("TMPDIR") : "/tmp") +
                           "/slotscope-seek-test-" + std::to_string(getpid());
  const std::string bytes = checkpointed_trace();
  std::ofstream(path, std::ios::binary) << bytes;
  {
    const auto source = open_trace(path, {});
    REQUIRE(source);
    CHECK(seek(**source, 2999).after == CallNumber{2203});
    const auto trace = read_all(**source);
    REQUIRE(trace);
    CHECK(trace->calls() == calls_from(2203));
  }
  REQUIRE(std::system(("gzip -f " + path).c_str()) == 0);
  const auto source = open_trace(path + ".gz", {});
  REQUIRE(source);
  const auto found = (*source)->seek(CallNumber{2999});
  REQUIRE(found);
  CHECK_FALSE(*found);
  const auto trace = read_all(**source);
  REQUIRE(trace);
  CHECK(trace->calls() == calls_from(0));
  REQUIRE(std::remove((path + ".gz").c_str()) == 0);
}

TEST_CASE("seek: without a footer everything is read from the beginning") {
  std::string bytes = checkpointed_trace();
  bytes.resize(bytes.size() - 1);
  const auto source = open(bytes);
  CHECK(seek(*source, 2999).after == CallNumber{0});
  const auto trace = read_all(*source);
  REQUIRE(trace);
  CHECK(trace->calls() == calls_from(0));
  CHECK(trace->summary.cut_off());
}

TEST_CASE("seek: a damaged checkpoint is not used") {
  std::string bytes = checkpointed_trace();
  bytes[chunks_of(bytes, native::ChunkType::checkpoint)[1] + 100] ^= 1;
  const auto source = open(bytes);
  CHECK(seek(*source, 2000).after == CallNumber{0});
  CHECK(read_all(*source)->calls() == calls_from(0));
  CHECK(seek(*source, 2500).after == CallNumber{2203});
  CHECK(read_all(*source)->calls() == calls_from(2203));
}

TEST_CASE("seek: an index that lies leads to the beginning") {
  const std::string good = checkpointed_trace();
  const size_t footer = chunks_of(good, native::ChunkType::footer).front();
  const size_t entry = footer + native::chunk_header::size + native::footer::index;
  struct Case {
    const char* what;
    size_t at;
    uint64_t value;
  };
  for (const Case& c :
       {Case{"an offset behind the end", entry + 8, UINT64_MAX},
        Case{"an offset in a chunk", entry + 8, 100},
        Case{"the offset of another chunk", entry + 8, 16},
        Case{"the number of another call", entry, 2}, Case{"not in order", entry, 5000}}) {
    INFO(c.what);
    std::string bytes = good;
    store_le(&bytes[c.at], c.value);
    const auto length = load_le<uint32_t>(&bytes[footer] + native::chunk_header::length);
    char* header = &bytes[footer];
    namespace at = native::chunk_header;
    store_le(header + at::payload_check, checksum({header + at::size, length}));
    store_le(header + at::check, static_cast<uint32_t>(checksum({header, at::check})));
    const auto source = open(bytes);
    CHECK(seek(*source, 1000).after == CallNumber{0});
    CHECK(read_all(*source)->calls() == calls_from(0));
  }
  for (uint64_t offset : {uint64_t{0}, uint64_t{16}, uint64_t{footer + 1}, UINT64_MAX}) {
    std::string bytes = good;
    store_le(&bytes[bytes.size() - native::footer::offset], offset);
    CHECK(seek(*open(bytes), 1000).after == CallNumber{0});
  }
}

TEST_CASE("seek: the index forgets checkpoints rather than grow without end") {
  std::string bytes;
  auto writer = native_writer(bytes);
  constexpr uint64_t many = 10'000;
  for (uint64_t n = 1; n <= many; ++n) {
    REQUIRE(writer->write(typical_call(n)));
    REQUIRE(writer->checkpoint({}));
  }
  REQUIRE(writer->finish());
  const auto source = open(bytes);
  for (uint64_t number : {uint64_t{100}, uint64_t{4097}, uint64_t{7777}, many - 1}) {
    const uint64_t after = seek(*source, number).after.value;
    CHECK(after <= number);
    CHECK(after + 4 > number);
    const auto trace = read_all(*source);
    REQUIRE(trace);
    CHECK(trace->calls().size() == many - after);
    CHECK(trace->calls().front() == typical_call(after + 1));
  }
}

TEST_CASE("seek: a checkpoint that no chunk holds is left out") {
  std::string bytes;
  auto writer = native_writer(bytes);
  REQUIRE(writer->write(typical_call(1)));
  REQUIRE(writer->checkpoint(std::vector<Call>(70'000)));
  REQUIRE(writer->write(typical_call(2)));
  const std::vector<Call> full(2 * 32764);  // two address spaces at KVM's limit
  REQUIRE(writer->checkpoint(full));
  REQUIRE(writer->finish());
  const auto source = open(bytes);
  CHECK(seek(*source, 1).after == CallNumber{0});
  CHECK(seek(*source, 2).slots == full.size());
  CHECK(read_all(*source)->calls().size() == full.size());
}
