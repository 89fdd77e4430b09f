// What a replay measured, and what a replay would do, for people.
#pragma once

#include <ostream>

#include "analyzer/render/plan_circumstances.h"
#include "analyzer/render/text/style.h"
#include "replay/data/replay_result.h"

namespace slotscope {

void print_replay(std::ostream& out, const ReplayResult& result, const Style& style);

// --dry-run: one line per operation, then what is left out.
void print_plan(std::ostream& out, const Plan& plan, const PlanCircumstances& around,
                const Style& style);

}  // namespace slotscope
