// Ranges that were mapped before and after a commit, and unmapped at some instant inside it.
#pragma once

#include <optional>
#include <vector>

#include "analyzer/findings/largest.h"
#include "analyzer/findings/translation_diff.h"

namespace slotscope {

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
  void add(const Hole& hole);
  HoleFindings finish() const;

 private:
  static uint64_t weight(const Hole& hole) { return hole.range.size().value; }

  HoleFindings totals_;
  Largest<Hole, weight> largest_;
};

}  // namespace slotscope
