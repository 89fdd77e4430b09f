// Plans out of calls, as `replay` makes them.
#pragma once

#include <vector>

#include "analyzer/model/model.h"
#include "replay/plan.h"
#include "tests/support/calls.h"
#include "tests/support/catch.h"

namespace slotscope::test {

inline Result<Plan> try_plan(const std::vector<Event>& events, bool faithful = true,
                             const PlanOptions& options = {.host = newest_kernel()}) {
  Model model(newest_kernel(), faithful);
  PlanBuilder builder(options);
  for (const Event& event : events) builder.add(event, model.apply(event));
  return builder.finish();
}

inline Plan plan_of(const std::vector<CallFields>& calls, bool faithful = true,
                    const PlanOptions& options = {.host = newest_kernel()}) {
  std::vector<Event> events;
  for (const CallFields& call : calls) events.push_back(make_call(call));
  Result<Plan> plan = try_plan(events, faithful, options);
  REQUIRE(plan);
  return *std::move(plan);
}

}  // namespace slotscope::test
