// slotscope.map/1: a contract; names are never changed, only added.
#pragma once

#include <string>

#include "analyzer/findings/memory_map.h"
#include "analyzer/render/json.h"

namespace slotscope {

Json map_json(const MemoryMap& map, const std::string& path);

}  // namespace slotscope
