// A mismatch as a golden case: the trace of its calls, and what the model has to make of them.
#pragma once

#include <string>

#include "tests/kvm/conformance_run.h"

namespace slotscope::conformance {

// Whether a case can say it: what the model leaves open is none of its mistakes.
inline bool can_be_a_case(const Mismatch& mismatch) {
  return mismatch.kind != Mismatch::Kind::limits;
}

// Writes the folder `parent`/`name`; it belongs into tests/golden/. Answers its path.
Result<std::string> write_case(const std::string& parent, const std::string& name,
                               const Bench::Run& run, const Host& host, const std::string& release);

}  // namespace slotscope::conformance
