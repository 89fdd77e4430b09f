#include "analyzer/commits/translation.h"

#include <algorithm>

namespace slotscope {
namespace {

bool same_translation(const Slot& a, const Slot& b) {
  return a.hva.value - a.gpa.value == b.hva.value - b.gpa.value && a.writable() == b.writable();
}

// Ranges that touch are one hole: `first_own` is where the holes of this address space begin.
void add_hole(std::vector<HoleShape>& holes, size_t first_own, AsId as, GpaRange range,
              HoleShape::Part part) {
  if (holes.size() == first_own || holes.back().range.end != range.begin) {
    holes.push_back({as, range, {}});
  }
  holes.back().range.end = range.end;
  holes.back().parts.push_back(part);
}

}  // namespace

TranslationDiff compare_translation(const SpaceEffect& space, std::vector<HoleShape>& holes) {
  TranslationDiff diff;
  const size_t first_own = holes.size();
  const std::span<const Side> after = space.after;
  // Sums of the bytes of one side and of what both have: no difference of two passes 0.
  Bytes sum_before, sum_after, sum_both, same;
  for (const Side& came : after) sum_after += came.slot.size;
  auto next = after.begin();
  for (const Side& went : space.before) {
    const GpaRange was = went.slot.range();
    sum_before += was.size();
    if (went.deleted) diff.torn_down += was.size();
    while (next != after.end() && next->slot.range().end <= was.begin) ++next;
    for (auto came = next; came != after.end() && came->slot.gpa < was.end; ++came) {
      const GpaRange is = came->slot.range();
      const GpaRange both{std::max(was.begin, is.begin), std::min(was.end, is.end)};
      sum_both += both.size();
      if (same_translation(went.slot, came->slot)) {
        same += both.size();
        if (went.deleted) diff.collateral += both.size();
      }
      if (went.deleted) add_hole(holes, first_own, space.as, both, {went.call, came->call});
    }
  }
  diff.changed = (sum_before - sum_both) + (sum_after - sum_both) + (sum_both - same);
  return diff;
}

TranslationDiff compare_translation(const CommitEffect& effect, std::vector<HoleShape>& holes) {
  TranslationDiff diff;
  for (const SpaceEffect& space : effect.spaces()) diff += compare_translation(space, holes);
  return diff;
}

}  // namespace slotscope
