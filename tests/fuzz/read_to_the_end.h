// One reader on bytes that may be anything: it may refuse them, it may not crash, hang or read
// outside them.
#pragma once

#include <string_view>

#include "analyzer/format/registry.h"

namespace slotscope::test {

// From the beginning, or from the last checkpoint before the call `from`.
inline void read_to_the_end(const Format& format, std::string_view bytes, bool keep_going,
                            CallNumber from = {}) {
  auto peeked = PeekedSource::open(memory_bytes(bytes), sniff_size);
  if (!peeked) return;
  format.recognise((*peeked)->head());
  auto source = format.open(*std::move(peeked), {}, {.keep_going = keep_going});
  if (!source || (from.value > 0 && !(*source)->seek(from))) return;
  EventBatch batch;
  while (true) {
    Result<bool> more = (*source)->read(batch);
    if (!more || !*more) return;
  }
}

}  // namespace slotscope::test
