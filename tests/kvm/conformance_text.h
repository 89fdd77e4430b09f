// What a conformance run says to people.
#pragma once

#include <string>

#include "tests/kvm/conformance_run.h"

namespace slotscope::conformance {

struct Outcome {
  std::string release;  // of the running kernel
  uint64_t seed = 0;
  double seconds = 0;
  std::string blind = {};  // why slots were not compared
};

std::string host_text(const Host& host, const Outcome& outcome);
std::string tally_text(const Tally& tally, const Host& host, const Outcome& outcome);
// The calls of a run that ended in a mismatch, the last of them being the one.
std::string mismatch_text(const Bench::Run& run, const Host& host, const Outcome& outcome);

}  // namespace slotscope::conformance
