// The output that `slotscope record` was asked for.
#pragma once

#include <memory>

#include "analyzer/capture/capture_output.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/record_options.h"
#include "analyzer/event/source.h"

namespace slotscope {

// `wake`: readable when a signal came, which ends every wait for a reader.
Result<std::unique_ptr<CaptureOutput>> create_record_output(const RecordOptions& options,
                                                            const TraceInfo& info, int wake,
                                                            const Streams& streams);

}  // namespace slotscope
