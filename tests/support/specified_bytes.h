// The bytes that traces/FORMAT.md gives as examples.
#pragma once

#include <cstdlib>
#include <fstream>
#include <string>

#include "analyzer/format/cursor.h"
#include "tests/support/catch.h"

namespace slotscope::test {

// Lines of "offset: bytes  what" of the block that begins with the line `fence`; the offsets must
// be right.
inline std::string specified_bytes(const std::string& fence) {
  const char* root = std::getenv("SLOTSCOPE_SOURCE_ROOT");
  REQUIRE(root);
  std::ifstream file(std::string(root) + "/traces/FORMAT.md");
  std::string line, bytes;
  while (std::getline(file, line) && line != fence) continue;
  while (std::getline(file, line) && line != "```") {
    INFO(line);
    Cursor cursor(line);
    uint64_t offset = 0, byte = 0;
    REQUIRE((cursor.hex_digits(offset) && cursor.literal(":")));
    CHECK(offset == bytes.size());
    while (cursor.rest().size() >= 3 && cursor.rest().substr(0, 2) != "  ") {
      REQUIRE((cursor.literal(" ") && cursor.hex_digits(byte)));
      bytes += static_cast<char>(byte);
    }
  }
  return bytes;
}

}  // namespace slotscope::test
