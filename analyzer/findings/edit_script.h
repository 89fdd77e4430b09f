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

// Pairs (index in a, index in b) of equal tokens, both ascending. The most there can be, unless a
// region has more than `exact_differences` of them; then it is a good answer in bounded time.
inline constexpr size_t exact_differences = size_t{1} << 14;
std::vector<std::pair<size_t, size_t>> common_subsequence(std::span<const Token> a,
                                                          std::span<const Token> b);

}  // namespace slotscope
