// The functions that led to a call, for scripts.
#pragma once

#include "analyzer/event/stack_table.h"
#include "analyzer/render/json/json.h"

namespace slotscope {

// A list of frames; null when the trace does not have the stack.
Json stack_json(const StackTable& table, StackId id);

}  // namespace slotscope
