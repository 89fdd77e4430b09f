// slotscope.slots/1: a contract; names are never changed, only added.
#pragma once

#include <span>

#include "analyzer/render/json/json.h"
#include "analyzer/views/live_slots.h"

namespace slotscope {

Json live_slots_json(std::span<const LiveVm> vms);

}  // namespace slotscope
