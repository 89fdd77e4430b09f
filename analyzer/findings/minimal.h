// The fewest calls that would have had the same effect.
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/findings/commit_changes.h"

namespace slotscope {

struct MinimalFindings {
  uint64_t per_commit = 0;  // the same slots after every commit
  uint64_t floor = 0;       // just the slots of the end
};

class MinimalBuilder {
 public:
  void add(const CommitChanges& commit);
  // A commit of one delete or create.
  void add_only_change() { ++calls_; }
  MinimalFindings finish(uint64_t slots_at_end) const { return {calls_, slots_at_end}; }

 private:
  uint64_t calls_of(const SpaceChanges& space);

  uint64_t calls_ = 0;
  std::vector<const Slot*> before_, after_;  // kept for their capacity
};

}  // namespace slotscope
