// All findings of one VM, streaming: fed call by call, with one look at each commit at its end.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "analyzer/findings/causes.h"
#include "analyzer/findings/collateral.h"
#include "analyzer/findings/holes.h"
#include "analyzer/findings/minimal.h"
#include "analyzer/findings/mirrors.h"
#include "analyzer/findings/phases.h"
#include "analyzer/findings/redundant_pairs.h"
#include "analyzer/findings/trace_clues.h"

namespace slotscope {

struct VmFindings {
  PairFindings pairs;
  MirrorFindings mirrors;
  HoleFindings holes;
  CollateralFindings collateral;
  MinimalFindings minimal;
  CauseFindings causes;
  PhaseFindings phases;
  // Events were lost, or slots were there before the trace began: conclusions from here on.
  std::optional<CallNumber> uncertain_from;
};

// A commit that is complete, as seen by who wants more than the totals.
struct FinishedCommit {
  const CommitChanges& changes;
  const CommitCauses& causes;
  TranslationDiff translation;
  const std::vector<Hole>& holes;
  uint64_t calls;
};
using OnCommit = std::function<void(const FinishedCommit&)>;

class VmFindingsBuilder {
 public:
  explicit VmFindingsBuilder(const TraceClues& clues = {})
      : stacks_(clues.stacks), classifier_(clues.qemu) {}

  void note(const Annotation& annotation);
  void add(const Step& step);
  // Ends the open commit early, for who knows that no call of it is to come.
  void settle(const VmState& vm);
  // Optional: called at each commit's end.
  void on_commit(OnCommit call) { on_commit_ = std::move(call); }
  // Optional: called for each pair, within the add() of its create.
  void on_pair(OnPair call) { pairs_.on_pair(std::move(call)); }

  // Ends the open commit; `vm` is the state at the end of the trace.
  VmFindings finish(const VmState& vm);

 private:
  void begin_commit(const Step& step);
  void end_commit(const VmState& vm);
  void look_at_changes();
  void add_shares(const CommitCauses& causes);

  // Of a call that changed slots and those behind it that did not: a trace can make any number of
  // the latter one commit.
  struct CallTime {
    CallNumber call;
    uint64_t calls = 0;
    std::optional<Nanos> duration = {};  // sum of the known ones
  };
  void add_time(const Step& step, bool changed);

  CommitChanges changes_;
  CommitId commit_;
  Tid tid_;        // of the commit's first call
  StackId stack_;  // of it too
  std::shared_ptr<const StackTable> stacks_;
  CausesBuilder::Share share_;
  std::vector<CallTime> times_;  // of the commit's calls
  std::optional<CallNumber> uncertain_from_;
  std::vector<Hole> commit_holes_;  // kept for its capacity

  RedundantPairsBuilder pairs_;
  MirrorsBuilder mirrors_;
  HolesBuilder holes_;
  CollateralBuilder collateral_;
  MinimalBuilder minimal_;
  CauseClassifier classifier_;
  CausesBuilder causes_;
  PhasesBuilder phases_;
  OnCommit on_commit_;
};

}  // namespace slotscope
