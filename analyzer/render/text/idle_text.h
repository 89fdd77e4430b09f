// Sentences about commits that changed nothing that KVM sees.
#pragma once

#include <string>

#include "analyzer/findings/totals.h"
#include "analyzer/findings/vm_findings.h"

namespace slotscope {

// How much was idle, and of which cause; empty when nothing was.
std::string idle_text(const VmTotals& vm, const VmFindings& findings);
// Why the cause with most idle calls has them, where it is known; else empty.
std::string idle_reason_text(const VmFindings& findings);

}  // namespace slotscope
