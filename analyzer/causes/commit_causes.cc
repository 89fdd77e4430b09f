#include "analyzer/causes/commit_causes.h"

#include <algorithm>
#include <iterator>

#include "analyzer/causes/cause_rules.h"

namespace slotscope {

CommitCauses::CommitCauses(std::vector<std::pair<CommitPart, Cause>> parts) {
  for (auto& [part, named] : parts) {
    const Cause& cause = named;
    const auto same = std::find_if(shares_.begin(), shares_.end(), [&](const Share& share) {
      return share.cause.rule->cause == cause.rule->cause && share.cause.at == cause.at;
    });
    const size_t place = static_cast<size_t>(same - shares_.begin());
    if (same == shares_.end()) shares_.push_back({cause, {}});
    for (const CallIndex call : part.calls) by_call_.push_back({call, place});
    shares_[place].parts.push_back(std::move(part));
  }
  only_ = shares_.front().cause;
  if (shares_.size() == 1) {
    shares_.clear();
    by_call_.clear();
  }
  std::sort(by_call_.begin(), by_call_.end());
}

const Cause& CommitCauses::of(CallIndex call) const {
  if (by_call_.empty()) return only_;
  const auto after =
      std::upper_bound(by_call_.begin(), by_call_.end(), call,
                       [](CallIndex index, const auto& entry) { return index < entry.first; });
  return shares_[after == by_call_.begin() ? after->second : std::prev(after)->second].cause;
}

}  // namespace slotscope
