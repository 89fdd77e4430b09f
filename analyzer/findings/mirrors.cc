#include "analyzer/findings/mirrors.h"

#include <algorithm>
#include <tuple>

namespace slotscope {
namespace {

auto identity(const Side& side) {
  return std::tuple(side.kind, side.slot.gpa, side.slot.size, side.slot.hva);
}
bool by_identity(const Side& a, const Side& b) { return identity(a) < identity(b); }

// The updates as a mirror counts them: what a delete took away, what any other update brought.
std::vector<Side> updates_of(const SpaceEffect& space) {
  std::vector<Side> updates;
  for (const Side& side : space.gone) {
    if (side.kind == UpdateKind::del) updates.push_back(side);
  }
  updates.insert(updates.end(), space.come.begin(), space.come.end());
  std::sort(updates.begin(), updates.end(), by_identity);
  return updates;
}

// Matched one to one; both are sorted.
uint64_t matches(const std::vector<Side>& a, const std::vector<Side>& b) {
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

uint64_t count_mirrors(const CommitEffect& effect) {
  const SpaceEffect &normal = effect.normal_space(), &smm = effect.smm_space();
  if (normal.gone.empty() && normal.come.empty()) return 0;
  if (smm.gone.empty() && smm.come.empty()) return 0;
  return matches(updates_of(normal), updates_of(smm));
}

void MirrorsBuilder::add(const OpenCommit& commit, uint64_t mirrors, bool uncertain) {
  if (mirrors == 0) return;
  count_ += mirrors;
  if (!largest_.would_keep(mirrors)) return;
  largest_.offer({.commit = commit.commit(),
                  .calls = commit.span(),
                  .mirrors = mirrors,
                  .uncertain = uncertain});
}

MirrorFindings MirrorsBuilder::finish() const {
  return {.count = count_, .largest = largest_.sorted()};
}

}  // namespace slotscope
