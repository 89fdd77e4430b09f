#include "analyzer/findings/idle.h"

#include <algorithm>

#include "analyzer/commits/view.h"

namespace slotscope {
namespace {

IdleShare idle_share(const SpaceEffect& space) {
  IdleShare share{.as = space.as, .calls = {}, .bytes = {}};
  for (const Side& side : space.gone) {
    share.calls.push_back(side.call);
    if (side.deleted) share.bytes += side.slot.size;
  }
  for (const Side& side : space.come) share.calls.push_back(side.call);
  std::sort(share.calls.begin(), share.calls.end());
  share.calls.erase(std::unique(share.calls.begin(), share.calls.end()), share.calls.end());
  return share;
}

}  // namespace

IdleEffect::IdleEffect(const CommitEffect& effect) {
  for (const SpaceEffect& space : effect.spaces()) {
    if (!is_idle(space)) continue;
    shares.push_back(idle_share(space));
    calls += shares.back().calls.size();
    bytes += shares.back().bytes;
  }
  whole = !shares.empty() && shares.size() == effect.spaces().size();
}

void IdleBuilder::add(const OpenCommit& commit, const IdleEffect& idle, CauseKind cause) {
  totals_.commits += idle.whole;
  totals_.calls += idle.calls;
  totals_.bytes += idle.bytes;
  if (!largest_.would_keep(idle.bytes)) return;
  largest_.offer({.commit = commit.commit(),
                  .span = commit.span(),
                  .calls = idle.calls,
                  .bytes = idle.bytes,
                  .whole = idle.whole,
                  .cause = cause});
}

IdleFindings IdleBuilder::finish() const {
  IdleFindings findings = totals_;
  findings.largest = largest_.sorted();
  return findings;
}

}  // namespace slotscope
