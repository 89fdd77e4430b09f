// Everything that `report` says about one trace, as data.
#pragma once

#include "analyzer/event/source.h"
#include "analyzer/findings/completeness.h"
#include "analyzer/findings/findings.h"
#include "analyzer/findings/totals.h"

namespace slotscope {

struct Report {
  TraceInfo trace;
  ReadSummary summary;
  KernelProfile kernel;         // it judged the results
  bool kernel_assumed = false;  // neither the user nor the trace told which
  Totals totals;
  std::map<VmId, VmFindings> findings;
  Completeness completeness() const { return completeness_of(summary, totals.lost.events); }
};

}  // namespace slotscope
