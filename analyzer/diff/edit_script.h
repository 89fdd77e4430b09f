// What two sequences have in common, in order: Myers' O(ND) in linear space ("An O(ND) Difference
// Algorithm and Its Variations", 1986), with the shortcuts that made xdiff fast.
//
// Of the packaged libraries dtl keeps every visited point (gigabytes for ten thousand differences
// in a million calls) and libgit2's xdiff takes only text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace slotscope {

using Token = uint64_t;

// What a comparison may cost, over all its calls. Sequences that have much the same in another
// order would cost the square of their length.
struct Effort {
  uint64_t steps = uint64_t{300} << 20;  // left; about a second
  bool exact = true;                     // no answer so far was a coarse one
};

// Pairs (index in a, index in b) of equal tokens, both ascending. The most there can be, unless a
// region has more than `exact_differences` of them or the effort is used up; then it is a good
// answer in n log n.
inline constexpr size_t exact_differences = size_t{1} << 14;
std::vector<std::pair<size_t, size_t>> common_subsequence(std::span<const Token> a,
                                                          std::span<const Token> b, Effort& effort);

}  // namespace slotscope
