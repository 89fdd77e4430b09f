#include "analyzer/format/bytes/checksum.h"

#define XXH_INLINE_ALL  // the header holds the whole implementation: nothing to link
#include <xxhash.h>

namespace slotscope {

uint64_t checksum(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace slotscope
