// A point of a trace as the user names it: "47", "1.5s", "end".
#pragma once

#include <string>
#include <variant>

#include "analyzer/base/result.h"
#include "analyzer/base/units.h"

namespace slotscope {

struct TraceEnd {};

// After that call; that long after the trace's first call; or the end.
using TracePoint = std::variant<CallNumber, Nanos, TraceEnd>;

Result<TracePoint> parse_trace_point(const std::string& text);

}  // namespace slotscope
