// Why the kernel does not let us in, and what to do about it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "analyzer/base/result.h"

namespace slotscope {

// What no try would tell clearly: no BTF, or process ids that mean something else to the kernel.
Status check_environment();

// Explains that loading `what` failed with `error`, a negative errno.
Diagnostic explain_refusal(const std::string& what, int error);

// The capabilities that `effective` (a CapEff mask) lacks and that BPF may be refused without:
// first those that every program needs, then those that some need. Empty when it has all.
std::string missing_capabilities(uint64_t effective);

// The CapEff mask in the text of /proc/PID/status; 0 when there is none.
uint64_t effective_capabilities(std::string_view status);

}  // namespace slotscope
