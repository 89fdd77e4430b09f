#include "analyzer/findings/holes.h"

#include <algorithm>

namespace slotscope {

void HolesBuilder::add(const Hole& hole) {
  ++totals_.count;
  totals_.bytes += hole.range.size();
  if (hole.duration) {
    ++totals_.timed;
    totals_.time += *hole.duration;
    totals_.longest = std::max(totals_.longest, hole.duration);
  }
  largest_.offer(hole);
}

HoleFindings HolesBuilder::finish() const {
  HoleFindings findings = totals_;
  findings.largest = largest_.sorted();
  return findings;
}

}  // namespace slotscope
