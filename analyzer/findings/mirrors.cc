#include "analyzer/findings/mirrors.h"

#include <algorithm>
#include <tuple>

namespace slotscope {
namespace {

auto identity(const SlotChange& change) {
  return std::tuple(change.kind, change.slot.gpa, change.slot.size, change.slot.hva);
}
bool by_identity(const SlotChange& a, const SlotChange& b) { return identity(a) < identity(b); }

// The updates as a mirror counts them: what a delete took away, what any other update brought.
void updates_of(const SpaceChanges& space, std::vector<SlotChange>& updates) {
  updates.clear();
  for (const SlotChange& change : space.gone()) {
    if (change.kind == UpdateKind::del) updates.push_back(change);
  }
  updates.insert(updates.end(), space.come().begin(), space.come().end());
  if (!std::is_sorted(updates.begin(), updates.end(), by_identity)) {
    std::sort(updates.begin(), updates.end(), by_identity);
  }
}

// Matched one to one; both are sorted.
uint64_t matches(const std::vector<SlotChange>& a, const std::vector<SlotChange>& b) {
  uint64_t n = 0;
  for (auto x = a.begin(), y = b.begin(); x != a.end() && y != b.end();) {
    if (by_identity(*x, *y)) {
      ++x;
    } else if (by_identity(*y, *x)) {
      ++y;
    } else {
      ++n, ++x, ++y;
    }
  }
  return n;
}

}  // namespace

void MirrorsBuilder::add(const CommitChanges& commit, bool uncertain) {
  if (commit.normal_space().empty() || commit.smm_space().empty()) return;
  updates_of(commit.normal_space(), normal_);
  updates_of(commit.smm_space(), smm_);
  const uint64_t found = matches(normal_, smm_);
  if (found == 0) return;
  count_ += found;
  largest_.offer({.commit = commit.commit(),
                  .calls = commit.calls(),
                  .mirrors = found,
                  .uncertain = uncertain});
}

MirrorFindings MirrorsBuilder::finish() const {
  return {.count = count_, .largest = largest_.sorted()};
}

}  // namespace slotscope
