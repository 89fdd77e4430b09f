// The translation of one address space before and after a commit, compared once: what really
// changed, what was torn down for nothing, and where a hole was.
#pragma once

#include <vector>

#include "analyzer/commits/commit_effect.h"

namespace slotscope {

struct TranslationDiff {
  Bytes changed;     // guest addresses with another translation after the commit
  Bytes collateral;  // of deleted slots, with the same translation after it
  Bytes torn_down;   // of deleted slots

  TranslationDiff& operator+=(const TranslationDiff& other) {
    changed += other.changed;
    collateral += other.collateral;
    torn_down += other.torn_down;
    return *this;
  }
};

// A range that was mapped before and after the commit, and unmapped at some instant inside it.
struct HoleShape {
  // From the delete to the create that unmapped and mapped a part of it.
  struct Part {
    CallIndex from = 0, to = 0;
  };
  AsId as;
  GpaRange range;
  std::vector<Part> parts;  // one or more
};

// Appends the space's holes, lowest first.
TranslationDiff compare_translation(const SpaceEffect& space, std::vector<HoleShape>& holes);

// All address spaces together.
TranslationDiff compare_translation(const CommitEffect& effect, std::vector<HoleShape>& holes);

}  // namespace slotscope
