// All findings of one VM, streaming: fed call by call, with one look at each commit at its end.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "analyzer/causes/causes.h"
#include "analyzer/causes/trace_clues.h"
#include "analyzer/findings/collateral.h"
#include "analyzer/findings/commit_record.h"
#include "analyzer/findings/holes.h"
#include "analyzer/findings/idle.h"
#include "analyzer/findings/minimal.h"
#include "analyzer/findings/mirrors.h"
#include "analyzer/findings/phases.h"
#include "analyzer/findings/redundant_pairs.h"
#include "analyzer/findings/slots_needed.h"
#include "analyzer/findings/space_shape.h"

namespace slotscope {

struct VmFindings {
  PairFindings pairs;
  MirrorFindings mirrors;
  HoleFindings holes;
  CollateralFindings collateral;
  MinimalFindings minimal;
  IdleFindings idle;
  SlotsNeeded slots_needed;
  std::vector<SpaceShape> shapes;  // of the slots at the end, those that are remarkable
  CauseFindings causes;
  PhaseFindings phases;
  // Events were lost, or slots were there before the trace began: conclusions from here on.
  std::optional<CallNumber> uncertain_from;
};

// A commit that is complete, for callers that need more than the totals.
struct FinishedCommit {
  const OpenCommit& commit;
  const CommitRecord& record;
  const CommitCauses& causes;
  bool uncertain;
  bool idle;  // it has idle shares only, and that is certain

  const Cause& cause_of(CallNumber call) const { return causes.of(commit.entry_of(call)); }
  std::vector<Hole> holes() const;
};
using OnCommit = std::function<void(const FinishedCommit&)>;

class VmFindingsBuilder {
 public:
  explicit VmFindingsBuilder(const TraceClues& clues = {})
      : classifier_(clues.qemu, clues.stacks) {}

  void note(const Annotation& annotation);
  void add(const Step& step);
  // Ends the open commit early, when the caller knows that no more calls will join it.
  void settle(const VmState& vm);
  // Optional: called at each commit's end.
  void on_commit(OnCommit call) { on_commit_ = std::move(call); }
  // Optional: called for each pair, within the add() of its create.
  void on_pair(OnPair call) { pairs_.on_pair(std::move(call)); }

  // Ends the open commit; `vm` is the state at the end of the trace.
  VmFindings finish(const VmState& vm);

 private:
  // `next` is the call after it, which `vm` has seen already; nullptr when it hasn't.
  void end_commit(const VmState& vm, const Step* next);
  void add_causes(const CommitRecord& record, const CommitCauses& causes);
  void add_shares(const CommitCauses& causes);
  void add_idle(const IdleEffect& idle, const CommitCauses& causes);

  OpenCommit open_;
  CommitRecords records_;
  std::optional<CallNumber> uncertain_from_;
  bool contradicted_ = false;  // a result was none that KVM's rules give: the state may be another
  uint64_t minimal_calls_ = 0;

  RedundantPairsBuilder pairs_;
  MirrorsBuilder mirrors_;
  HolesBuilder holes_;
  CollateralBuilder collateral_;
  IdleBuilder idle_;
  SlotsNeededBuilder slots_needed_;
  CauseClassifier classifier_;
  CausesBuilder causes_;
  PhasesBuilder phases_;
  OnCommit on_commit_;
};

}  // namespace slotscope
