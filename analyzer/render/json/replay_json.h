// The replay's documents: slotscope.replay/1 and, for --dry-run, slotscope.replay_plan/1.
#pragma once

#include "analyzer/render/json/json.h"
#include "analyzer/render/plan_circumstances.h"
#include "replay/data/replay_result.h"

namespace slotscope {

Json replay_json(const ReplayResult& result);
Json replay_plan_json(const Plan& plan, const PlanCircumstances& around, const std::string& path);

}  // namespace slotscope
