// A trace read from its beginning to its end, with everything that `report` and `check` need.
#pragma once

#include <string>

#include "analyzer/cli/command.h"
#include "analyzer/cli/options.h"
#include "analyzer/findings/report.h"

namespace slotscope {

Result<Report> read_report(const std::string& path, const ReadingOptions& options,
                           Streams& streams);

}  // namespace slotscope
