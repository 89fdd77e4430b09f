#include "analyzer/base/small_file.h"

#include "tests/support/catch.h"

using namespace slotscope;

TEST_CASE("a file that the kernel makes up is read to its end") {
  CHECK(read_small_file("/proc/self/status").starts_with("Name:\t"));
}

TEST_CASE("what can't be opened or read is empty, and no exception") {
  CHECK(read_small_file("/proc/self/none").empty());
  CHECK(read_small_file("/proc/self/mem").empty());  // its first page: EIO
  CHECK(read_small_file("/proc").empty());           // EISDIR
}
