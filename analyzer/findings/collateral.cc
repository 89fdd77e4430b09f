#include "analyzer/findings/collateral.h"

namespace slotscope {

void CollateralBuilder::add(const OpenCommit& commit, const TranslationDiff& diff, bool uncertain) {
  totals_.collateral += diff.collateral;
  totals_.changed += diff.changed;
  totals_.torn_down += diff.torn_down;
  if (diff.collateral.value == 0) return;
  ++totals_.commits;
  if (!largest_.would_keep(diff.collateral.value)) return;
  largest_.offer({.commit = commit.commit(),
                  .calls = commit.span(),
                  .bytes = diff.collateral,
                  .changed = diff.changed,
                  .uncertain = uncertain});
}

CollateralFindings CollateralBuilder::finish() const {
  CollateralFindings findings = totals_;
  findings.largest = largest_.sorted();
  return findings;
}

}  // namespace slotscope
