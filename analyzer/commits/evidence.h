// What a finding points at, so that a reader can check it.
#pragma once

#include <optional>

#include "analyzer/base/range.h"
#include "analyzer/base/units.h"

namespace slotscope {

// From the first to the last call that a finding covers; unrelated calls may lie between.
struct CallSpan {
  CallNumber first, last;
  bool operator==(const CallSpan&) const = default;
};

// How long from one call's return to a later one's, where the trace tells both. Nothing where its
// clock went back in between: it was set, or lines of several runs are mixed.
inline std::optional<Nanos> between(std::optional<Nanos> from, std::optional<Nanos> to) {
  return from && to && *from <= *to ? std::optional(*to - *from) : std::nullopt;
}

}  // namespace slotscope
