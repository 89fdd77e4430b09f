// The causes of short commits seen before: a guest that toggles a BAR or a flash chip issues the
// same few calls thousands of times, and to read a commit's features is the dearest thing about it.
#pragma once

#include <array>
#include <vector>

#include "analyzer/findings/cause.h"
#include "analyzer/findings/commit_changes.h"

namespace slotscope {

class CauseMemory {
 public:
  // Of a settled commit with the same effect; nullptr when there is none. `generation` as in
  // FeatureReader: what was learnt under another one does not count.
  const Cause* find(const CommitChanges& commit, Tid tid, uint32_t generation) const;
  // May forget another one. Long commits, and those before the guest runs (generation 0), are not
  // kept.
  void keep(const CommitChanges& commit, Tid tid, uint32_t generation, const Cause& cause);

 private:
  static constexpr size_t longest = 4;  // sides of updates
  static constexpr size_t first_places = 1, most_places = 1024;

  // All of an update that a cause can depend on: not its call, time or slot id.
  struct Side {
    Slot slot;
    UpdateKind kind;
    bool came;

    bool shows(const SlotChange& change, bool change_came) const {
      return came == change_came && kind == change.kind && slot.identical(change.slot);
    }
  };

  struct Entry {
    std::array<Side, longest> sides;  // the first `size` are set
    size_t size = 0;
    uint64_t hash = 0;
    Tid tid;
    uint32_t generation = 0;
    Cause cause;
  };

  static bool is_short(const CommitChanges& commit);
  static uint64_t hash_of(const CommitChanges& commit);
  Entry& place_for(uint64_t hash, uint32_t generation);
  void grow();

  std::vector<Entry> entries_;  // by hash; empty, or a power of two
};

}  // namespace slotscope
