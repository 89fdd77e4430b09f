// What `report` says beyond counting: sentences first, then causes and findings as tables.
#pragma once

#include <ostream>

#include "analyzer/findings/report.h"
#include "analyzer/findings/totals.h"
#include "analyzer/findings/vm_findings.h"
#include "analyzer/render/text/style.h"

namespace slotscope {

// The sentences that a person would say first, by importance.
void print_summary(std::ostream& out, const VmTotals& vm, const VmFindings& findings,
                   const Style& style);
void print_causes(std::ostream& out, const CauseFindings& causes);
void print_findings(std::ostream& out, const VmTotals& vm, const VmFindings& findings,
                    const Report& report, const Style& style);

}  // namespace slotscope
