#include "analyzer/findings/holes.h"

#include <algorithm>

namespace slotscope {

namespace {

// Nothing unless all its parts tell.
std::optional<Nanos> duration_of(const HoleShape& shape, const OpenCommit& commit) {
  std::optional<Nanos> longest;
  for (const HoleShape::Part& part : shape.parts) {
    const std::optional<Nanos> away =
        between(commit.entries()[part.from].time, commit.entries()[part.to].time);
    if (!away) return std::nullopt;
    longest = std::max(longest, away);
  }
  return longest;
}

}  // namespace

Hole hole_of(const HoleShape& shape, const OpenCommit& commit, bool uncertain) {
  CallIndex first = shape.parts.front().from, last = first;
  for (const HoleShape::Part& part : shape.parts) {
    first = std::min({first, part.from, part.to});
    last = std::max({last, part.from, part.to});
  }
  return {.as = shape.as,
          .commit = commit.commit(),
          .calls = {commit.entries()[first].number, commit.entries()[last].number},
          .range = shape.range,
          .duration = duration_of(shape, commit),
          .uncertain = uncertain};
}

void HolesBuilder::add(const HoleShape& shape, const OpenCommit& commit, bool uncertain) {
  ++totals_.count;
  totals_.bytes += shape.range.size();
  if (const std::optional<Nanos> duration = duration_of(shape, commit)) {
    ++totals_.timed;
    totals_.time += *duration;
    totals_.longest = std::max(totals_.longest, duration);
  }
  if (largest_.would_keep(shape.range.size().value)) {
    largest_.offer(hole_of(shape, commit, uncertain));
  }
}

HoleFindings HolesBuilder::finish() const {
  HoleFindings findings = totals_;
  findings.largest = largest_.sorted();
  return findings;
}

}  // namespace slotscope
