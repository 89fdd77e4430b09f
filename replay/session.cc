#include "replay/session.h"

#include <utility>

namespace slotscope {
namespace {

bool whole(const ReplayRun& run, const Plan& plan) {
  return run.durations.size() == plan.operations.size();
}

}  // namespace

Result<SessionRuns> run_session(Executor& executor, const Plan& original, const Plan* variant,
                                const SessionOptions& options, const std::atomic<bool>& stop) {
  SessionRuns session;
  const auto run_into = [&](const Plan& plan, std::vector<ReplayRun>& runs, bool keep) -> Status {
    if (stop) return ok();
    Result<ReplayRun> run = executor.run(plan);
    if (!run) return std::move(run).error();
    if (keep && (whole(*run, plan) || runs.empty())) runs.push_back(*std::move(run));
    return ok();
  };
  for (uint32_t i = 0; i < options.warmup + options.repeat && !stop; ++i) {
    options.progress(i, options.warmup + options.repeat);
    const bool keep = i >= options.warmup;
    if (Status run = run_into(original, session.original, keep); !run) {
      return std::move(run).error();
    }
    if (!variant) continue;
    if (Status run = run_into(*variant, session.variant, keep); !run) {
      return std::move(run).error();
    }
  }
  if (!session.variant.empty() && !whole(session.variant.back(), *variant)) {
    session.variant.pop_back();
  }
  session.interrupted = stop;
  return session;
}

}  // namespace slotscope
