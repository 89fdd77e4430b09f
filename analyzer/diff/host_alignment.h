// Which host memory of one VMM is which of another's, told by what both map at the same guest
// addresses.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <tuple>

#include "analyzer/base/units.h"

namespace slotscope {

// An address in a block of a VMM's memory; the ordinal of the block means nothing elsewhere.
struct HostAddress {
  static constexpr uint32_t nowhere = UINT32_MAX;  // no call shows such memory
  uint32_t region = nowhere;
  Hva hva;
};

// A block is one mapping of the VMM, so it lies elsewhere in the other VMM as a whole. What one
// trace shows as one block the other may show as several, of parts that it never maps together.
class HostAlignment {
 public:
  // Both are mapped at the same guest address, by slots of this size.
  void vote(HostAddress a, HostAddress b, Bytes size);
  // The pairs of blocks that share most memory first, then those seen first; what contradicts an
  // earlier one is dropped. A small block may stand in for a large one (PAM shows ROM or RAM at the
  // same place), but not for most of it.
  void settle();

  bool same(HostAddress a, HostAddress b) const;
  // Equal for addresses of either side that are the same; nothing equals what has no counterpart.
  uint64_t token_a(HostAddress a) const { return token(a, a_, 0); }
  uint64_t token_b(HostAddress b) const { return token(b, b_, 1); }

 private:
  using Moved = std::map<uint32_t, Bytes>;  // region: where b has it, minus where a has it
  static uint64_t token(HostAddress address, const Moved& moved, uint64_t side);

  std::map<std::tuple<uint32_t, uint32_t, Bytes>, Bytes> votes_;
  Moved a_, b_;
};

}  // namespace slotscope
