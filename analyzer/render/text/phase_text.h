// Where the time inside calls went, as record --phases saw it.
#pragma once

#include <ostream>

#include "analyzer/findings/phases.h"

namespace slotscope {

const char* phase_title(Phase phase);  // "SRCU wait"

// A table by kind of update; of phases that were not measured there is no column.
void print_phases(std::ostream& out, const PhaseFindings& findings);

}  // namespace slotscope
