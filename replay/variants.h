// The same plan with fewer operations. The slots that each commit ends with stay what they were,
// but for their ids where noted; the rules say again what each operation is.
#pragma once

#include "analyzer/base/result.h"
#include "analyzer/model/kernel_profile.h"
#include "replay/data/replay_plan.h"

namespace slotscope {

// Leaves out redundant pairs: a delete and the later create of the identical slot, with no
// operation in between that uses the range. A slot that stays keeps its id, so later operations on
// it and creates that would have taken the id in the meantime get another one.
Plan without_redundant_pairs(const Plan& plan, const KernelProfile& host);

// The fewest operations that give the same slots after every commit: only what differs is deleted,
// changed in place where one call can do that, moved, or created. Calls that KVM refused go too.
Plan minimal_per_commit(const Plan& plan, const KernelProfile& host);

}  // namespace slotscope
