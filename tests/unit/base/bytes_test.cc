#include "analyzer/base/bytes.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/support/catch.h"

using namespace slotscope;

TEST_CASE("integers are little-endian in memory and need no alignment") {
  std::string bytes(9, '\xee');
  store_le<uint64_t>(bytes.data() + 1, 0x0123456789abcdef);
  CHECK(bytes == "\xee\xef\xcd\xab\x89\x67\x45\x23\x01");
  CHECK(load_le<uint64_t>(bytes.data() + 1) == 0x0123456789abcdef);
  CHECK(load_le<uint32_t>(bytes.data() + 3) == 0x456789ab);
  CHECK(load_le<uint16_t>(bytes.data() + 7) == 0x0123);
  CHECK(load_le<uint8_t>(bytes.data() + 8) == 1);
}

TEST_CASE("the byte order can be asked for") {
  const char bytes[] = "\x01\x02\x03\x04";
  CHECK(load_be<uint16_t>(bytes + 1) == 0x0203);
  CHECK(load<uint32_t>(bytes, std::endian::big) == 0x01020304);
  CHECK(load<uint32_t>(bytes, std::endian::little) == 0x04030201);
}

TEST_CASE("signed integers are two's complement") {
  char bytes[8];
  store_le<int32_t>(bytes, -22);
  CHECK(std::string_view(bytes, 4) == "\xea\xff\xff\xff");
  CHECK(load_le<int32_t>(bytes) == -22);
  store_le<int64_t>(bytes, INT64_MIN);
  CHECK(load_le<int64_t>(bytes) == INT64_MIN);
}

TEST_CASE("swapping reverses the bytes of every width") {
  CHECK(swap_bytes<uint8_t>(0x12) == 0x12);
  CHECK(swap_bytes<uint16_t>(0x1234) == 0x3412);
  CHECK(swap_bytes<uint32_t>(0x12345678) == 0x78563412);
  CHECK(swap_bytes<uint64_t>(0x0123456789abcdef) == 0xefcdab8967452301);
}
