// The translation of one address space before and after a commit, compared once: what really
// changed, what was torn down for nothing, and where a hole was.
#pragma once

#include <optional>
#include <vector>

#include "analyzer/findings/commit_changes.h"

namespace slotscope {

struct Hole {
  AsId as;
  CommitId commit;
  CallSpan calls;  // the deletes and creates that make it
  GpaRange range;
  std::optional<Nanos> duration;  // the longest that a byte of it was unmapped
  bool uncertain = false;
};

struct TranslationDiff {
  Bytes changed;     // guest addresses with another translation after the commit
  Bytes collateral;  // of deleted slots, with the same translation after it
  Bytes torn_down;   // of deleted slots
};

// `space` must be settled. Appends its holes, lowest first.
TranslationDiff compare_translation(const SpaceChanges& space, CommitId commit,
                                    std::vector<Hole>& holes);

}  // namespace slotscope
