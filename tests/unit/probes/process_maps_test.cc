#include "probes/process_maps.h"

#include "tests/support/catch.h"

namespace slotscope {
namespace {

TEST_CASE("executable files are taken from /proc/PID/maps, and nothing else") {
  const auto mappings = parse_code_mappings(
      "55d8c0000000-55d8c0400000 r--p 00000000 fe:00 393 /usr/bin/vmm\n"
      "55d8c0400000-55d8c0a00000 r-xp 00400000 fe:00 393                        /usr/bin/vmm\n"
      "7f0000000000-7f0000001000 rwxp 00000000 00:00 0 \n"
      "7f0000001000-7f0000002000 rwxs 00000000 00:01 77 /memfd:code of a JIT (deleted)\n"
      "7ffd00000000-7ffd00001000 r-xp 00000000 00:00 0 [vdso]\n"
      "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\n"
      "nonsense\n"
      "7f00-7f01 r-xp 0 fe:00 12x /a\n"
      "7f0000003000-7f0000004000 r-xp 00001000 fe:01 5 /with two  blanks\n"
      "7f0000005000-7f0000006000 r-x");
  REQUIRE(mappings.size() == 3);
  CHECK(mappings[0].begin == 0x55d8c0400000);
  CHECK(mappings[0].end == 0x55d8c0a00000);
  CHECK(mappings[0].offset == 0x400000);
  CHECK(mappings[0].device == "fe:00");
  CHECK(mappings[0].inode == 393);
  CHECK(mappings[0].path == "/usr/bin/vmm");
  CHECK_FALSE(mappings[0].deleted);
  CHECK(mappings[1].path == "/memfd:code of a JIT");
  CHECK(mappings[1].deleted);
  CHECK(mappings[2].path == "/with two  blanks");
}

}  // namespace
}  // namespace slotscope
