// `check` for people: limits and values.
#pragma once

#include <ostream>
#include <string>

#include "analyzer/findings/budget.h"
#include "analyzer/render/text/style.h"

namespace slotscope {

// "3 events are lost; the trace is cut off after call 40": why it does not show all calls.
std::string gaps_text(const TraceGaps& gaps);

void print_check(std::ostream& out, const BudgetCheck& check, const std::string& path,
                 const Style& style);

}  // namespace slotscope
