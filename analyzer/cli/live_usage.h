// How `record` and `slots` are used: a build without live capture explains them too.
#pragma once

#include "analyzer/cli/options.h"

namespace slotscope {

extern const Usage record_usage, slots_usage;
void add_record_options(Options& command);
void add_slots_options(Options& command);

}  // namespace slotscope
