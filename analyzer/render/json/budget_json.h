// slotscope.budget/1 (a budget file, both ways) and slotscope.check/1 (the answer).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/findings/budget.h"
#include "analyzer/render/json/json.h"

namespace slotscope {

// `path` is for diagnostics. A name that is no measure is an error: a misspelt limit would hold.
Result<std::vector<Limit>> parse_budget(std::string_view text, const std::string& path);
// A budget that the trace just keeps, of what it records; inferred figures are left out.
Json budget_json(const std::vector<Measure>& measures);
Json check_json(const BudgetCheck& check, const std::string& path);

}  // namespace slotscope
