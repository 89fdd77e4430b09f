// Updates of address space 1 that only repeat what the same commit does in address space 0.
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/commits/open_commit.h"
#include "analyzer/findings/largest.h"

namespace slotscope {

struct MirroredCommit {
  CommitId commit;
  CallSpan calls;
  uint64_t mirrors = 0;
  bool uncertain = false;
};

struct MirrorFindings {
  uint64_t count = 0;  // mirrored updates
  std::vector<MirroredCommit> largest;
};

uint64_t count_mirrors(const CommitEffect& effect);

class MirrorsBuilder {
 public:
  // `mirrors` of that commit.
  void add(const OpenCommit& commit, uint64_t mirrors, bool uncertain);
  MirrorFindings finish() const;

 private:
  static uint64_t weight(const MirroredCommit& one) { return one.mirrors; }

  uint64_t count_ = 0;
  Largest<MirroredCommit, weight> largest_;
};

}  // namespace slotscope
