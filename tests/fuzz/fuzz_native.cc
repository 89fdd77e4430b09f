// The native reader on arbitrary bytes, and on the same with every checksum made right: no change
// that the fuzzer makes would get past those.
#include <cstdint>
#include <string>

#include "analyzer/base/bytes.h"
#include "analyzer/format/bytes/checksum.h"
#include "analyzer/format/formats.h"
#include "analyzer/format/native/native_layout.h"
#include "tests/fuzz/read_to_the_end.h"

using namespace slotscope;

namespace {

std::string sealed(std::string_view bytes) {
  namespace file = native::file_header;
  namespace at = native::chunk_header;
  std::string all(bytes);
  if (all.size() < file::size) return all;
  store_le(&all[file::check], static_cast<uint32_t>(checksum({all.data(), file::check})));
  size_t chunk = file::size;
  while (all.size() - chunk >= at::size) {
    char* header = &all[chunk];
    const auto length = load_le<uint32_t>(header + at::length);
    const bool whole = length <= all.size() - chunk - at::size;
    if (whole) store_le(header + at::payload_check, checksum({header + at::size, length}));
    store_le(header + at::check, static_cast<uint32_t>(checksum({header, at::check})));
    if (!whole) break;
    chunk += at::size + length;
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string good = sealed(bytes);
  test::read_to_the_end(native_format, bytes, false);
  test::read_to_the_end(native_format, good, false);
  test::read_to_the_end(native_format, good, false, CallNumber{3});
  return 0;
}
