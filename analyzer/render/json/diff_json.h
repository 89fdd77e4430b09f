// slotscope.diff/1.
#pragma once

#include <string>

#include "analyzer/diff/diff.h"
#include "analyzer/render/json/json.h"

namespace slotscope {

struct DiffPaths {
  std::string a, b;
};
Json diff_json(const TraceDiff& diff, const DiffTrace& a, const DiffTrace& b,
               const DiffPaths& paths);

}  // namespace slotscope
