// Half-open ranges of guest physical addresses. One that does not fit in 64 bits ends at their end.
#pragma once

#include "analyzer/base/units.h"

namespace slotscope {

struct GpaRange {
  Gpa begin;
  Gpa end;  // one past the last byte

  static constexpr GpaRange of(Gpa begin, Bytes size) { return {begin, begin + size}; }

  constexpr Bytes size() const { return end - begin; }
  constexpr bool empty() const { return begin >= end; }
  constexpr bool overlaps(GpaRange other) const { return begin < other.end && other.begin < end; }
  constexpr bool contains(GpaRange other) const { return begin <= other.begin && other.end <= end; }
  friend constexpr auto operator<=>(const GpaRange&, const GpaRange&) = default;
};

}  // namespace slotscope
