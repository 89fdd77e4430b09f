// `check` for people: limits and values.
#pragma once

#include <ostream>
#include <string>

#include "analyzer/findings/budget.h"
#include "analyzer/render/style.h"

namespace slotscope {

void print_check(std::ostream& out, const BudgetCheck& check, const std::string& path,
                 const Style& style);

}  // namespace slotscope
