// The guest's memory, per address space, holes included.
#pragma once

#include <ostream>

#include "analyzer/render/text/style.h"
#include "analyzer/views/memory_map.h"

namespace slotscope {

// `calls`: how many the trace has, when it was read to its end.
void print_map(std::ostream& out, const MemoryMap& map, std::optional<CallNumber> calls,
               const Style& style);

// One line per slot and per gap between slots.
void print_slots(std::ostream& out, const SpaceMap& space, const Style& style);

}  // namespace slotscope
