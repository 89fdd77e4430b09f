#include "analyzer/findings/commit_record.h"

#include <utility>

#include "analyzer/findings/minimal.h"
#include "analyzer/findings/mirrors.h"

namespace slotscope {

CommitRecord::CommitRecord(CommitEffect done)
    : effect(std::move(done)),
      translation(compare_translation(effect, holes)),
      mirrors(count_mirrors(effect)),
      minimal_calls(count_minimal_calls(effect)),
      idle(effect),
      needed(effect) {
  for (const HoleShape& hole : holes) hole_bytes += hole.range.size();
}

void CommitRecords::forget() {
  entries_.clear();
  latest_ = nullptr;
  sides_ = 0;
}

CommitRecord& CommitRecords::once(const OpenCommit& commit) {
  once_ = std::make_unique<CommitRecord>(commit.effect());
  return *once_;
}

CommitRecord& CommitRecords::of(const OpenCommit& commit) {
  const std::vector<const Transition*>& sequence = commit.sequence();
  if (!commit.is_shared() || sequence.size() > longest) return once(commit);
  if (latest_ && latest_->sequence == sequence) return latest_->record;
  if (keeper_.get() != commit.keeper()) {
    forget();
    keeper_ = commit.share_keeper();
  }
  const auto [first, last] = entries_.equal_range(commit.hash());
  for (auto known = first; known != last; ++known) {
    if (known->second.sequence == sequence) return (latest_ = &known->second)->record;
  }
  CommitRecord record(commit.effect());
  sides_ += record.effect.sides().size();
  if (entries_.size() >= most_records || sides_ > most_sides) {
    forget();
    sides_ = record.effect.sides().size();
  }
  const auto added = entries_.emplace(commit.hash(), Entry{sequence, std::move(record)});
  return (latest_ = &added->second)->record;
}

}  // namespace slotscope
