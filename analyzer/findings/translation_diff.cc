#include "analyzer/findings/translation_diff.h"

#include <algorithm>

namespace slotscope {
namespace {

bool same_translation(const Slot& a, const Slot& b) {
  return a.hva.value - a.gpa.value == b.hva.value - b.gpa.value && a.writable() == b.writable();
}

std::optional<Nanos> longer(std::optional<Nanos> a, std::optional<Nanos> b) {
  return a && b ? std::optional(std::max(*a, *b)) : std::nullopt;
}

// Ranges that touch are one hole: `first_own` is where the holes of this address space begin.
void add_hole(std::vector<Hole>& holes, size_t first_own, const Hole& part) {
  if (holes.size() == first_own || holes.back().range.end != part.range.begin) {
    holes.push_back(part);
    return;
  }
  Hole& hole = holes.back();
  hole.range.end = part.range.end;
  hole.calls = {std::min(hole.calls.first, part.calls.first),
                std::max(hole.calls.last, part.calls.last)};
  hole.duration = longer(hole.duration, part.duration);
}

}  // namespace

TranslationDiff compare_translation(const SpaceChanges& space, CommitId commit,
                                    std::vector<Hole>& holes) {
  TranslationDiff diff;
  const size_t first_own = holes.size();
  const std::vector<SlotChange>& after = space.after();
  // Sums of the bytes of one side and of what both have: no difference of two passes 0.
  Bytes sum_before, sum_after, sum_both, same;
  for (const SlotChange& came : after) sum_after += came.slot.size;
  auto next = after.begin();
  for (const SlotChange& went : space.before()) {
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
      if (went.deleted) {
        add_hole(holes, first_own,
                 {.as = went.slot.as,
                  .commit = commit,
                  .calls = {std::min(went.call, came->call), std::max(went.call, came->call)},
                  .range = both,
                  .duration = between(went.time, came->time)});
      }
    }
  }
  diff.changed = (sum_before - sum_both) + (sum_after - sum_both) + (sum_both - same);
  return diff;
}

}  // namespace slotscope
