// What a trace says about itself, as JSON: the first chunk of a native trace and the first line of
// JSON Lines.
//   {"schema":"slotscope.trace/1","format":"qemu","clock":"monotonic","faithful":false,
//    "metadata":{"vmm":"QEMU 10.2"}}
#pragma once

#include <string>
#include <string_view>

#include "analyzer/event/source.h"

namespace slotscope {

inline constexpr std::string_view trace_schema = "slotscope.trace/1";

// In TraceInfo::metadata of a converted trace: the format of the trace that it came from, which
// its header shows as "format".
inline constexpr const char* original_format_key = "original_format";

// One line without its end. Text that is not UTF-8 loses the offending bytes (U+FFFD).
// `end_record`: the file is to end with a record that says so; one without it is then cut off.
std::string write_trace_header(const TraceInfo& info, bool end_record = false);

// Sets clock, faithful and metadata of `info`, whose format is that of the file at hand. False when
// `json` is no such header; `info` is then unchanged.
bool read_trace_header(std::string_view json, TraceInfo& info);

bool promises_end_record(std::string_view json);

}  // namespace slotscope
