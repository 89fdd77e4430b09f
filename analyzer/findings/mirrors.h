// Updates of address space 1 that only repeat address space 0 in the same commit.
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/findings/commit_changes.h"
#include "analyzer/findings/largest.h"

namespace slotscope {

// The mirrors of one commit.
struct MirroredCommit {
  CommitId commit;
  CallSpan calls;
  uint64_t mirrors = 0;
  bool uncertain = false;
};

struct MirrorFindings {
  uint64_t count = 0;  // updates of address space 1
  std::vector<MirroredCommit> largest;
};

class MirrorsBuilder {
 public:
  void add(const CommitChanges& commit, bool uncertain);
  MirrorFindings finish() const;

 private:
  static uint64_t weight(const MirroredCommit& one) { return one.mirrors; }

  uint64_t count_ = 0;
  Largest<MirroredCommit, weight> largest_;
  std::vector<SlotChange> normal_, smm_;  // kept for their capacity
};

}  // namespace slotscope
