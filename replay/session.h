// Runs over and over: warm-up first, and with a variant in turn, A B A B.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "analyzer/base/result.h"
#include "replay/executor.h"

namespace slotscope {

struct SessionOptions {
  uint32_t repeat = 10;
  uint32_t warmup = 1;
  std::function<void(uint32_t done, uint32_t of)> progress = [](uint32_t, uint32_t) {};
};

struct SessionRuns {
  std::vector<ReplayRun> original, variant;
  bool interrupted = false;
};

// `variant` may be null. When `stop` ends it, what was measured is returned: whole runs, or the
// part of the first where there are none.
Result<SessionRuns> run_session(Executor& executor, const Plan& original, const Plan* variant,
                                const SessionOptions& options, const std::atomic<bool>& stop);

}  // namespace slotscope
