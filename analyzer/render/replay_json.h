// The replay's documents: slotscope.replay/1 and, for --dry-run, slotscope.replay_plan/1.
#pragma once

#include "analyzer/model/replay_result.h"
#include "analyzer/render/json.h"
#include "analyzer/render/plan_circumstances.h"

namespace slotscope {

Json replay_json(const ReplayResult& result);
Json replay_plan_json(const Plan& plan, const PlanCircumstances& around, const std::string& path);

}  // namespace slotscope
