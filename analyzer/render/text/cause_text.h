// A cause as a person names it: "PAM", "BAR 0xfd000000 (VGA 00:02.0)".
#pragma once

#include <string>

#include "analyzer/causes/cause_rules.h"

namespace slotscope {

// At most 45 characters. How sure it is stands beside it.
std::string cause_text(const Cause& cause);
// "probably ", "perhaps " or nothing, before such a text.
const char* hedge_text(CauseKind cause, Confidence confidence);
const char* cause_name(CauseKind cause);
// "perhaps PAM" where others are as likely.
std::string cause_name(CauseKind cause, Confidence confidence);
// What makes slotscope say so.
std::string cause_evidence_text(const Cause& cause);

}  // namespace slotscope
