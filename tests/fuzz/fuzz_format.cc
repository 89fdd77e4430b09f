// One reader on arbitrary bytes, with and without --keep-going: it may refuse them, it may not
// crash, hang or read outside them. FUZZED_FORMAT is set by the build.
#include <cstdint>
#include <string_view>

#include "analyzer/format/formats.h"

using namespace slotscope;

namespace {

void read_to_the_end(std::string_view bytes, bool keep_going) {
  auto peeked = PeekedSource::open(memory_bytes(bytes), sniff_size);
  if (!peeked) return;
  FUZZED_FORMAT.recognise((*peeked)->head());
  auto source = FUZZED_FORMAT.open(*std::move(peeked), {}, {.keep_going = keep_going});
  if (!source) return;
  EventBatch batch;
  while (true) {
    Result<bool> more = (*source)->read(batch);
    if (!more || !*more) return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read_to_the_end(bytes, false);
  read_to_the_end(bytes, true);
  return 0;
}
