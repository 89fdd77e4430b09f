// slotscope.map/1: a contract; names are never changed, only added.
#pragma once

#include <string>

#include "analyzer/render/json/json.h"
#include "analyzer/views/memory_map.h"

namespace slotscope {

Json map_json(const MemoryMap& map, const std::string& path);

}  // namespace slotscope
