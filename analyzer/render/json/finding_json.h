// The findings of one VM: totals, the single ones with their evidence, and the causes.
#pragma once

#include "analyzer/findings/totals.h"
#include "analyzer/findings/vm_findings.h"
#include "analyzer/render/json/json.h"

namespace slotscope {

Json finding_totals_json(const VmTotals& vm, const VmFindings& findings,
                         const KernelProfile& kernel);
Json finding_list_json(const VmTotals& vm, const VmFindings& findings);
// A list by kind of update; empty when the trace tells no phases.
Json phases_json(const PhaseFindings& findings);
Json hole_json(const Hole& hole);
Json pair_json(PairKind kind, const SlotPair& pair);
Json causes_json(const CauseFindings& causes);
Json cause_json(const Cause& cause);

}  // namespace slotscope
