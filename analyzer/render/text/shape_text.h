// Lines about the slots of an address space at one moment; none where there is nothing remarkable.
#pragma once

#include <ostream>

#include "analyzer/findings/space_shape.h"
#include "analyzer/render/text/style.h"
#include "analyzer/render/text/table.h"

namespace slotscope {

// Below the slots themselves.
void print_shape(std::ostream& out, const SpaceShape& shape, const Style& style);
// Rows of the findings table: name, count, the largest or first.
void add_shapes(Table& table, std::span<const SpaceShape> shapes);

}  // namespace slotscope
