// Bytes that a commit tore down, and how many of them came back as they were.
#pragma once

#include <optional>
#include <vector>

#include "analyzer/commits/open_commit.h"
#include "analyzer/commits/translation.h"
#include "analyzer/findings/largest.h"

namespace slotscope {

struct Collateral {
  CommitId commit;
  CallSpan calls;
  Bytes bytes;    // torn down and put back with the same translation
  Bytes changed;  // what the commit was for
  bool uncertain = false;
};

struct CollateralFindings {
  Bytes collateral, changed, torn_down;
  uint64_t commits = 0;  // those with collateral
  std::vector<Collateral> largest;
};

class CollateralBuilder {
 public:
  // The sum over the address spaces of one commit.
  void add(const OpenCommit& commit, const TranslationDiff& diff, bool uncertain);
  CollateralFindings finish() const;

 private:
  static uint64_t weight(const Collateral& one) { return one.bytes.value; }

  CollateralFindings totals_;
  Largest<Collateral, weight> largest_;
};

}  // namespace slotscope
