// The first call of a VM that failed.
#pragma once

#include <string>

#include "analyzer/findings/totals.h"

namespace slotscope {

// "call 32 failed with ENOMEM (64 KiB at 0xf0000), and nothing follows."; empty where none did.
std::string failure_text(const VmTotals& vm);

}  // namespace slotscope
