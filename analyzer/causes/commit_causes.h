// Why a commit's calls were made: one cause mostly, and several where an inferred commit is several
// of the VMM's.
#pragma once

#include <utility>
#include <vector>

#include "analyzer/causes/cause.h"
#include "analyzer/causes/commit_parts.h"

namespace slotscope {

class CommitCauses {
 public:
  // The part of the commit that one of several causes explains.
  struct Share {
    Cause cause;
    std::vector<CommitPart> parts;
  };

  explicit CommitCauses(const Cause& only) : only_(only) {}
  // `parts` as parts_of() answers them, with the causes of each.
  explicit CommitCauses(std::vector<std::pair<CommitPart, Cause>> parts);

  // A call that did nothing goes with the one before it.
  const Cause& of(CallIndex call) const;
  // Empty when there is one cause.
  const std::vector<Share>& shares() const { return shares_; }

 private:
  Cause only_;
  std::vector<Share> shares_;
  std::vector<std::pair<CallIndex, size_t>> by_call_;  // ascending; places in shares_
};

}  // namespace slotscope
