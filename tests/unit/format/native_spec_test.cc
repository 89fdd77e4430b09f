// The worked example of traces/FORMAT.md is what the writer writes.
#include <string>

#include "tests/support/native_trace.h"
#include "tests/support/read_all.h"
#include "tests/support/specified_bytes.h"

using namespace slotscope;
using namespace slotscope::test;

namespace {

std::string example() {
  std::string bytes;
  auto writer = native_writer(bytes);
  const CommitMark mark{.time = Nanos{1'000'000},
                        .commit = CommitId{1},
                        .vm = VmId{1},
                        .tid = Tid{4243},
                        .edge = CommitMark::Edge::begin};
  const Call call{.time = Nanos{1'000'950},
                  .duration = Nanos{800},
                  .gpa = Gpa{0xfd000000},
                  .size = Bytes{16 << 20},
                  .hva = Hva{0x7f2a40000000},
                  .guest_memfd_offset = {},
                  .flags = slot_flag::log_dirty,
                  .ret = 0,
                  .vm = VmId{1},
                  .as = AsId{0},
                  .slot = SlotId{5},
                  .pid = Pid{4242},
                  .tid = Tid{4243},
                  .commit = CommitId{1},
                  .stack = {}};
  REQUIRE(writer->write(mark));
  REQUIRE(writer->write(call));
  REQUIRE(writer->checkpoint({&call, 1}));
  writer->set_end_reason("interrupted");
  REQUIRE(writer->finish());
  return bytes;
}

}  // namespace

TEST_CASE("native: the example of the specification is what the writer writes") {
  const std::string written = example();
  const std::string from_document = specified_bytes("```hex");
  CHECK(from_document.size() == written.size());
  CHECK(from_document == written);
  const auto trace = read_text(from_document);
  REQUIRE(trace);
  CHECK_FALSE(trace->summary.cut_off());
  CHECK(trace->events.size() == 2);
}
