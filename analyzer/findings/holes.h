// Ranges that were mapped before and after a commit, and unmapped at some instant inside it.
#pragma once

#include <optional>
#include <vector>

#include "analyzer/commits/open_commit.h"
#include "analyzer/commits/translation.h"
#include "analyzer/findings/largest.h"

namespace slotscope {

struct Hole {
  AsId as;
  CommitId commit;
  CallSpan calls;  // the deletes and creates that make it
  GpaRange range;
  std::optional<Nanos> duration;  // the longest that a byte of it was unmapped
  bool uncertain = false;
};

Hole hole_of(const HoleShape& shape, const OpenCommit& commit, bool uncertain);

struct HoleFindings {
  uint64_t count = 0;
  uint64_t timed = 0;            // those whose duration is known
  Bytes bytes;                   // the sum of all
  Nanos time;                    // the sum of the known durations
  std::optional<Nanos> longest;  // of the known durations
  std::vector<Hole> largest;     // by bytes
};

class HolesBuilder {
 public:
  void add(const HoleShape& shape, const OpenCommit& commit, bool uncertain);
  HoleFindings finish() const;

 private:
  static uint64_t weight(const Hole& hole) { return hole.range.size().value; }

  HoleFindings totals_;
  Largest<Hole, weight> largest_;
};

}  // namespace slotscope
