// The fewest calls that would have had the same effect.
#pragma once

#include <cstdint>

#include "analyzer/commits/commit_effect.h"

namespace slotscope {

struct MinimalFindings {
  uint64_t per_commit = 0;  // the same slots after every commit
  uint64_t floor = 0;       // just the slots of the end
};

// The fewest calls with the same slots after the commit.
uint64_t count_minimal_calls(const CommitEffect& effect);

}  // namespace slotscope
