// Reads another source ahead on a thread of its own, so that parsing and the model share two cores.
#pragma once

#include <memory>

#include "analyzer/event/source.h"

namespace slotscope {

// The source itself where there is only one processor to run on.
std::unique_ptr<Source> prefetch(std::unique_ptr<Source> inner);

}  // namespace slotscope
