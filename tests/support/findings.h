// Runs events through the model and the findings, as `report` does.
#pragma once

#include <string>
#include <vector>

#include "analyzer/findings/findings.h"
#include "analyzer/model/model.h"
#include "tests/support/read_all.h"

namespace slotscope::test {

inline VmFindings findings_of(const std::vector<Event>& events, bool faithful = true,
                              bool qemu = true) {
  Model model(newest_kernel(), faithful);
  FindingsBuilder findings(TraceClues{.stacks = nullptr, .qemu = qemu});
  for (const Event& event : events) findings.add(event, model.apply(event));
  return findings.finish(model).at(VmId{1});
}

inline VmFindings findings_of(const std::vector<Call>& calls) {
  return findings_of(std::vector<Event>(calls.begin(), calls.end()));
}

// A commit's end as a test wants to look at it.
struct SeenCommit {
  CommitId commit;
  CauseKind cause;
  std::string rule;
  uint64_t calls = 0;
  CallSpan span;
  std::vector<Cause> by_call;  // from the first to the last
};

// The causes of a single VM's commits.
inline std::vector<SeenCommit> commits_of(const std::vector<Event>& events, bool faithful = true,
                                          const TraceClues& clues = {.stacks = nullptr,
                                                                     .qemu = true}) {
  Model model(newest_kernel(), faithful);
  VmFindingsBuilder builder(clues);
  std::vector<SeenCommit> seen;
  builder.on_commit([&](const FinishedCommit& commit) {
    const CallSpan span = commit.commit.span();
    const Cause& first = commit.cause_of(span.first);
    seen.push_back({commit.commit.commit(),
                    first.rule->cause,
                    first.rule->name,
                    commit.commit.calls(),
                    span,
                    {}});
    for (CallNumber call = span.first; call <= span.last; ++call.value) {
      seen.back().by_call.push_back(commit.cause_of(call));
    }
  });
  for (const Event& event : events) {
    const Step* step = model.apply(event);
    if (step) {
      builder.add(*step);
    } else if (const Annotation* annotation = std::get_if<Annotation>(&event)) {
      builder.note(*annotation);
    }
  }
  builder.finish(model.vms().begin()->second->state);
  return seen;
}

inline ReadTrace read_shipped(const std::string& name) {
  const char* root = std::getenv("SLOTSCOPE_SOURCE_ROOT");
  REQUIRE(root);
  Result<ReadTrace> trace = read_file(std::string(root) + "/traces/" + name);
  REQUIRE(trace);
  return *std::move(trace);
}

}  // namespace slotscope::test
