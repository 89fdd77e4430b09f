// The shape of an address space's slots as JSON members.
#pragma once

#include "analyzer/findings/space_shape.h"
#include "analyzer/render/json/json.h"

namespace slotscope {

// Adds "slots_needed", "pieces", "misaligned_slots" and "aliases".
void add_shape_json(Json& json, const SpaceShape& shape);

}  // namespace slotscope
