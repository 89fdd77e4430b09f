// slotscope.slots/1: a contract; names are never changed, only added.
#pragma once

#include <span>

#include "analyzer/findings/live_slots.h"
#include "analyzer/render/json.h"

namespace slotscope {

Json live_slots_json(std::span<const LiveVm> vms);

}  // namespace slotscope
