// How many slots a VM's memory needs: neighbours that KVM sees as one piece could be one slot.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "analyzer/commits/commit_effect.h"
#include "analyzer/model/model.h"

namespace slotscope {

// The fewest slots for what `slots` maps.
uint64_t count_slots_needed(const SlotMap& slots);

// What a commit does to the number of slots that are needed, as far as its effect alone tells.
class NeededChange {
 public:
  explicit NeededChange(const CommitEffect& effect);

  // A range that the commit touched. At its ends, its memory may touch memory that was left alone.
  struct Ends {
    AsId as;
    GpaRange range;
    const Slot* low_before = nullptr;  // slots of the effect at its ends; null: there is none
    const Slot* low_after = nullptr;
    const Slot* high_before = nullptr;
    const Slot* high_after = nullptr;
  };

  int64_t slots = 0;  // more after the commit than before
  int64_t inner = 0;  // likewise needed, were there nothing at the ends
  std::vector<Ends> ends;
  uint64_t state = 0;  // what the commit adds to the sum that stands for all slots of the VM

  // The change when that sum was `known_from` before the commit.
  std::optional<uint64_t> known_from;
  int64_t known = 0;
};

struct SlotsNeeded {
  uint64_t at_end = 0;  // in all address spaces
  uint64_t peak = 0;    // likewise, of the ends of commits
  bool cut = false;     // some commit ended with more slots than were needed
};

// Follows the number from commit to commit, without a look at slots that no commit touches.
class SlotsNeededBuilder {
 public:
  // At the end of a commit, where all slots are known. `next` is the call after it, which `vm` has
  // seen already; nullptr at the end of the trace.
  void add(NeededChange& change, const VmState& vm, const Step* next);
  SlotsNeeded finish(const VmState& vm) const;

 private:
  void count_anew(const VmState& vm, const Step* next);

  bool counted_ = false;
  int64_t slots_ = 0, needed_ = 0;
  uint64_t state_ = 0;
  SlotsNeeded found_;
};

}  // namespace slotscope
