// slotscope.log/1 as JSON Lines: the schema first, then one object per call.
#pragma once

#include "analyzer/event/source.h"
#include "analyzer/findings/cause.h"
#include "analyzer/findings/log.h"
#include "analyzer/render/json.h"

namespace slotscope {

Json log_head_json(const TraceInfo& trace);
Json log_entry_json(const LogEntry& entry, const std::optional<Cause>& cause);
// Losses and the slots of a snapshot; null for what `log` does not show.
Json log_other_json(const Event& event);

}  // namespace slotscope
