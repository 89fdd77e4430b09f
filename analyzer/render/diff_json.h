// slotscope.diff/1.
#pragma once

#include <string>

#include "analyzer/findings/diff.h"
#include "analyzer/render/json.h"

namespace slotscope {

Json diff_json(const TraceDiff& diff, const std::string& path_a, const std::string& path_b);

}  // namespace slotscope
