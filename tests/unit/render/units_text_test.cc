#include "analyzer/render/text/units_text.h"

#include "tests/support/catch.h"

using namespace slotscope;

TEST_CASE("sizes") {
  CHECK(size_text(Bytes{0}) == "0 B");
  CHECK(size_text(Bytes{1023}) == "1023 B");
  CHECK(size_text(Bytes{0xa0000}) == "640 KiB");
  CHECK(size_text(Bytes{0xb000}) == "44 KiB");
  CHECK(size_text(Bytes{0x1000000}) == "16 MiB");
  CHECK(size_text(Bytes{0x1ff40000}) == "511.2 MiB");
  CHECK(size_text(Bytes{0xc0000000}) == "3.0 GiB");
  CHECK(size_text(Bytes{0x940000000}) == "37.0 GiB");
  CHECK(size_text(Bytes{UINT64_MAX}) == "16.0 EiB");
}

TEST_CASE("durations") {
  CHECK(duration_text(Nanos{0}) == "0 ns");
  CHECK(duration_text(Nanos{999}) == "999 ns");
  CHECK(duration_text(Nanos{1500}) == "1.5 us");
  CHECK(duration_text(Nanos{227'400}) == "227 us");
  CHECK(duration_text(Nanos{6'900'000}) == "6.9 ms");
  CHECK(duration_text(Nanos{2'310'000'000}) == "2.31 s");
}

TEST_CASE("ranges name their last byte") {
  CHECK(range_text({Gpa{0xc0000}, Gpa{0xe0000}}) == "0x0000c0000-0x0000dffff");
  CHECK(range_text({Gpa{0x100000000}, Gpa{0xa40000000}}) == "0x100000000-0xa3fffffff");
}

TEST_CASE("modes and errors") {
  CHECK(mode_text(0) == "rw");
  CHECK(mode_text(3) == "ro log");
  CHECK(mode_text(4) == "rw memfd");
  CHECK(mode_text(8) == "rw 0x8");
  CHECK(errno_text(-22) == "EINVAL");
  CHECK(errno_text(17) == "EEXIST");
  CHECK(errno_text(-4095) == "errno 4095");
}
