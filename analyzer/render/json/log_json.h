// slotscope.log/1 as JSON Lines: the schema first, then one object per call.
#pragma once

#include <string>

#include "analyzer/event/source.h"
#include "analyzer/render/json/json.h"
#include "analyzer/views/commit_log.h"

namespace slotscope {

Json log_head_json(const TraceInfo& trace);
// One object, without a line's end. `stacks`: of the trace.
void append_log_call(std::string& out, const LogItem& item, const StackTable& stacks);
// Losses, slots of a snapshot, what was observed beside the calls; null for what `log` does not
// show.
Json log_other_json(const Event& event);
// {"cut_off": true, "damaged_parts": 1}, each where it holds; null for a whole trace.
Json log_end_json(const ReadSummary& summary);

}  // namespace slotscope
