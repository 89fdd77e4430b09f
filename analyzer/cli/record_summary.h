// What a capture says when it is over: how much, whether it is all there, and what to do next.
#pragma once

#include <string>

#include "analyzer/capture/recording.h"
#include "analyzer/findings/completeness.h"
#include "analyzer/render/json/json.h"

namespace slotscope {

struct RecordSummary {
  RecordTotals totals;
  Recording::Checks checks;
  Nanos wall;              // how long it was watched
  std::string backend;     // BackendName::name
  std::string output;      // as given
  std::string end_reason;  // "the command ended"
  // Why VMs that were not compared with the kernel at the end were not.
  std::string unchecked = "there was no look at it at the end";
  uint64_t skipped_runs = 0;  // of our programs, by the kernel: perhaps for a call
  uint64_t lost_stacks = 0;   // calls that should have one and have none
  bool ended_early = false;   // the capture or the writing of it could not go on
  uint64_t gone_stacks = 0;   // that end early: the process was gone
};

// What the trace lacks, by what was counted and by what the kernel says: the calls that were lost
// or unreadable, those that only the kernel's own count or its slots show to be missing, and one
// where no more is known than that there may be some.
Completeness completeness_of(const RecordSummary& summary);

// One to a few lines; the first says it all when all is well.
std::string record_summary_text(const RecordSummary& summary);

// slotscope.record/1
Json record_summary_json(const RecordSummary& summary);

}  // namespace slotscope
