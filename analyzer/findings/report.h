// Everything that `report` says about one trace, as data.
#pragma once

#include "analyzer/event/source.h"
#include "analyzer/findings/totals.h"

namespace slotscope {

struct Report {
  TraceInfo trace;
  ReadSummary summary;
  std::string kernel;  // name of the kernel profile that judged the results
  Totals totals;
};

}  // namespace slotscope
