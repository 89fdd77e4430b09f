// One reader on arbitrary bytes, with and without --keep-going. FUZZED_FORMAT is set by the build.
#include <cstdint>

#include "analyzer/format/formats.h"
#include "tests/fuzz/read_to_the_end.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  slotscope::test::read_to_the_end(slotscope::FUZZED_FORMAT, bytes, false);
  slotscope::test::read_to_the_end(slotscope::FUZZED_FORMAT, bytes, true);
  return 0;
}
