// Commits that left KVM's view of memory as it was: slots were only cut elsewhere.
#pragma once

#include <optional>
#include <vector>

#include "analyzer/causes/cause.h"
#include "analyzer/commits/open_commit.h"
#include "analyzer/findings/largest.h"

namespace slotscope {

// A commit's share in one address space that changed nothing there.
struct IdleShare {
  AsId as;
  std::vector<CallIndex> calls;  // that made it, ascending
  Bytes bytes;                   // of the slots that it deleted
};

// What is idle of a commit, by its effect alone.
struct IdleEffect {
  explicit IdleEffect(const CommitEffect& effect);

  std::vector<IdleShare> shares;
  bool whole = false;  // there are no other shares
  uint64_t calls = 0;
  Bytes bytes;
};

struct IdleCommit {
  CommitId commit;
  CallSpan span;
  uint64_t calls = 0;  // of idle shares
  Bytes bytes;
  bool whole = false;
  CauseKind cause = CauseKind::unknown;  // of its first idle call
};

struct IdleFindings {
  uint64_t commits = 0;             // that have idle shares only
  uint64_t calls = 0;               // of idle shares, whether or not the commit has others
  Bytes bytes;                      // of the slots that idle shares deleted
  std::vector<IdleCommit> largest;  // those with idle shares
};

class IdleBuilder {
 public:
  // Not to be called where the state is uncertain.
  void add(const OpenCommit& commit, const IdleEffect& idle, CauseKind cause);
  IdleFindings finish() const;

 private:
  static Bytes weight(const IdleCommit& one) { return one.bytes; }

  IdleFindings totals_;
  Largest<IdleCommit, weight> largest_;
};

}  // namespace slotscope
