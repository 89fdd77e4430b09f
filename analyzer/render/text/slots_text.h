// The slots of running VMs, as `map` shows those of a trace.
#pragma once

#include <ostream>
#include <span>

#include "analyzer/render/text/style.h"
#include "analyzer/views/live_slots.h"

namespace slotscope {

void print_live_slots(std::ostream& out, std::span<const LiveVm> vms, const Style& style);

}  // namespace slotscope
