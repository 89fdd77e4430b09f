#include "analyzer/findings/minimal.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "analyzer/model/predict.h"

namespace slotscope {
namespace {

auto movable(const Slot* slot) {
  return std::tuple(slot->hva, slot->size, slot->flags & ~slot_flag::log_dirty);
}
bool by_memory(const Slot* a, const Slot* b) { return movable(a) < movable(b); }

// Takes out of both lists, which ascend in gpa, what stands at the same gpa and is identical or
// differs only in log_dirty; the calls that those need.
uint64_t take_out_same_places(const SpaceEffect& space, std::vector<const Slot*>& before,
                              std::vector<const Slot*>& after) {
  uint64_t calls = 0;
  auto came = space.after.begin();
  for (const Side& went : space.before) {
    while (came != space.after.end() && came->slot.gpa < went.slot.gpa) {
      after.push_back(&came++->slot);
    }
    const bool here = came != space.after.end() && came->slot.gpa == went.slot.gpa;
    if (here && (came->slot.identical(went.slot) || one_call_apart(went.slot, came->slot))) {
      calls += !came->slot.identical(went.slot);
      ++came;
    } else {
      before.push_back(&went.slot);
    }
  }
  for (; came != space.after.end(); ++came) after.push_back(&came->slot);
  return calls;
}

// How many of the slots only moved.
uint64_t moves(std::vector<const Slot*>& before, std::vector<const Slot*>& after) {
  std::sort(before.begin(), before.end(), by_memory);
  std::sort(after.begin(), after.end(), by_memory);
  uint64_t n = 0;
  for (auto b = before.begin(), a = after.begin(); b != before.end() && a != after.end();) {
    if (by_memory(*b, *a)) {
      ++b;
    } else if (by_memory(*a, *b)) {
      ++a;
    } else {
      n += one_call_apart(**b++, **a++);
    }
  }
  return n;
}

uint64_t calls_of(const SpaceEffect& space) {
  if (space.before.empty() || space.after.empty()) {
    return space.before.size() + space.after.size();
  }
  std::vector<const Slot*> before, after;
  const uint64_t in_place = take_out_same_places(space, before, after);
  const uint64_t both = before.size() + after.size();
  if (before.empty() || after.empty()) return in_place + both;
  return in_place + both - moves(before, after);
}

}  // namespace

uint64_t count_minimal_calls(const CommitEffect& effect) {
  uint64_t calls = 0;
  for (const SpaceEffect& space : effect.spaces()) calls += calls_of(space);
  return calls;
}

}  // namespace slotscope
