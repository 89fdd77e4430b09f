// The programs of --phases: where the time inside calls goes, and what the guest pays for them.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/event/annotation.h"
#include "probes/bpf_support.h"

namespace slotscope {

// Attached as long as it lives.
class PhaseHooks {
 public:
  struct Program;

  // Takes what this kernel offers; an error only when it offers nothing.
  static Result<std::unique_ptr<PhaseHooks>> attach(const bpf_object* shared, bool everything);
  ~PhaseHooks();

  // A bit for each Phase.
  uint8_t measured() const { return measured_; }
  // What can't be measured here, and why: "SRCU waits, zap (fentry refused: ...)".
  std::vector<std::string> missing() const;

 private:
  PhaseHooks();

  std::vector<std::unique_ptr<Program>> programs_;
  uint8_t measured_ = 0;
  // By reason, in the order in which they were met.
  std::vector<std::pair<std::string, std::string>> missing_;
};

}  // namespace slotscope
