// What else there is to say of a plan that --dry-run shows.
#pragma once

#include <optional>
#include <string>

#include "analyzer/base/diagnostic.h"

namespace slotscope {

struct PlanCircumstances {
  std::optional<std::string> variant;  // the plan is this variant of the trace's
  std::optional<std::string> rules;    // of this kernel, where no KVM can be asked
  std::optional<Diagnostic> refusal;   // why a replay here would not begin
};

}  // namespace slotscope
