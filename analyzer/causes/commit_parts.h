// The parts of a commit that can have causes of their own. A recorded commit usually has one cause;
// an inferred one may be several of the VMM's that no pause or order told apart.
#pragma once

#include <utility>
#include <vector>

#include "analyzer/causes/commit_features.h"

namespace slotscope {

struct CommitPart {
  CommitEffect effect;           // its share
  bool undone = false;           // there is none; `effect` shows what came and went
  std::vector<CallIndex> calls;  // that made it, ascending
};

// Empty when all of the effect, which `reader` has just read, belongs together. Each slot of a PCI
// window is a part, with those that overlap it; a region elsewhere is one part, in whatever address
// spaces.
std::vector<CommitPart> parts_of(const CommitEffect& effect, const FeatureReader& reader,
                                 Features features);

}  // namespace slotscope
