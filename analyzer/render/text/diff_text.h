// `diff` for people: what both do, what only one does and where it comes from, and how they end.
#pragma once

#include <ostream>
#include <string>

#include "analyzer/diff/diff.h"
#include "analyzer/render/text/style.h"

namespace slotscope {

struct DiffNames {
  std::string a, b;
};

void print_diff(std::ostream& out, const TraceDiff& diff, const DiffTrace& a, const DiffTrace& b,
                const DiffNames& names, const Style& style);

}  // namespace slotscope
