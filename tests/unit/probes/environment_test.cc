#include "probes/environment.h"

#include <linux/capability.h>

#include "tests/support/catch.h"

namespace slotscope {
namespace {

constexpr uint64_t bit(int capability) { return uint64_t{1} << capability; }

TEST_CASE("the capabilities are named for want of which something may be refused") {
  struct {
    uint64_t effective;
    const char* missing;
  } const cases[] = {
      {0, "CAP_BPF and CAP_PERFMON"}, {bit(CAP_BPF), "CAP_PERFMON"},
      {bit(CAP_PERFMON), "CAP_BPF"},  {bit(CAP_BPF) | bit(CAP_PERFMON), "CAP_SYS_ADMIN"},
      {bit(CAP_SYS_ADMIN), ""},  // implies both
  };
  for (const auto& expected : cases) {
    CHECK(missing_capabilities(expected.effective) == expected.missing);
  }
}

TEST_CASE("the effective capabilities are read from /proc/PID/status") {
  CHECK(effective_capabilities("CapPrm:\t00000000000000ff\nCapEff:\t000001ffffffffff\n") ==
        0x1ffffffffff);
  CHECK(effective_capabilities("Name:\tcat\n") == 0);
  CHECK(effective_capabilities("CapEff:\t") == 0);
}

}  // namespace
}  // namespace slotscope
