// What is the same about all commits of a VM that make the same transitions: worked out once.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "analyzer/causes/causes.h"
#include "analyzer/commits/commit_effect.h"
#include "analyzer/commits/open_commit.h"
#include "analyzer/commits/translation.h"
#include "analyzer/findings/idle.h"
#include "analyzer/findings/slots_needed.h"

namespace slotscope {

struct CommitRecord {
  explicit CommitRecord(CommitEffect done);

  CommitEffect effect;
  std::vector<HoleShape> holes;
  TranslationDiff translation;
  Bytes hole_bytes;
  uint64_t mirrors = 0;        // updates of address space 1 that repeat one of address space 0
  uint64_t minimal_calls = 0;  // the fewest that have this effect
  IdleEffect idle;
  NeededChange needed;
  KnownCauses causes;
};

class CommitRecords {
 public:
  // The answer is valid until the next call.
  CommitRecord& of(const OpenCommit& commit);
  // The answer is not needed any more: a VM that does nothing need not keep it.
  void done() { once_.reset(); }

 private:
  // Bounds of what is kept; a VM that shows more starts afresh.
  static constexpr size_t most_records = 1 << 13, most_sides = 1 << 16;
  static constexpr size_t longest = 256;  // calls; longer commits hardly come twice

  struct Entry {
    std::vector<const Transition*> sequence;
    CommitRecord record;
  };

  CommitRecord& once(const OpenCommit& commit);
  void forget();

  std::unordered_multimap<uint64_t, Entry> entries_;  // by the sequence's hash
  size_t sides_ = 0;
  std::shared_ptr<const TransitionMemo::Kept> keeper_;  // of all sequences
  std::unique_ptr<CommitRecord> once_;                  // of a commit that is not worth keeping
  Entry* latest_ = nullptr;
};

}  // namespace slotscope
