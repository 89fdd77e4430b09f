#include "replay/host_layout.h"

#include "tests/support/catch.h"

namespace slotscope {
namespace {

constexpr uint64_t mib = 1 << 20, gib = 1 << 30;

TEST_CASE("host layout keeps offsets modulo 1 GiB and takes whole GiBs out of gaps") {
  HostLayout layout;
  layout.add(Hva{0x7f0012345000}, Bytes{4 * mib});
  layout.add(Hva{0x7f8000201000}, Bytes{mib});  // half a TiB above
  layout.arrange();
  const Bytes low = layout.offset(Hva{0x7f0012345000}).value();
  const Bytes high = layout.offset(Hva{0x7f8000201000}).value();
  CHECK(low.value % gib == 0x12345000);
  CHECK(high.value % gib == 0x201000);
  CHECK(high > low);
  CHECK(layout.reservation().value < 3 * gib);
  CHECK(layout.reservation() == high + Bytes{mib});
}

TEST_CASE("host layout keeps aliases and neighbours together") {
  HostLayout layout;
  layout.add(Hva{0x7f0000000000}, Bytes{2 * mib});
  layout.add(Hva{0x7f0000200000}, Bytes{mib});      // touches
  layout.add(Hva{0x7f0000100000}, Bytes{mib / 2});  // lies inside
  layout.arrange();
  REQUIRE(layout.ranges().size() == 1);
  CHECK(layout.ranges()[0].size == Bytes{3 * mib});
  CHECK(layout.offset(Hva{0x7f0000200000}).value() - layout.offset(Hva{0x7f0000100000}).value() ==
        Bytes{mib});
}

TEST_CASE("host layout knows nothing outside its ranges") {
  HostLayout layout;
  layout.add(Hva{0x7f0000001000}, Bytes{0x1000});
  layout.arrange();
  CHECK_FALSE(layout.offset(Hva{0x7f0000000fff}));
  CHECK(layout.offset(Hva{0x7f0000001fff}));
  CHECK_FALSE(layout.offset(Hva{0x7f0000002000}));
  CHECK_FALSE(layout.offset(Hva{0}));
  CHECK_FALSE(layout.offset(Hva{UINT64_MAX}));
}

TEST_CASE("host layout of very many ranges stays right when it compacts") {
  HostLayout layout;
  for (uint64_t i = 0; i < 20000; ++i)
    layout.add(Hva{0x7f0000000000 + (i % 5000) * 0x2000}, {0x1000});
  layout.arrange();
  CHECK(layout.ranges().size() == 5000);
  CHECK(layout.offset(Hva{0x7f0000000000 + 4999 * 0x2000}).value() == Bytes{4999 * 0x2000});
}

}  // namespace
}  // namespace slotscope
