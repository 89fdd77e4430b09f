// Which commit (VMM memory transaction) a call belongs to: as the trace marks it, else inferred
// from what the calls do. One tracker per VM, fed in trace order.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <vector>

#include "analyzer/event/call.h"
#include "analyzer/model/transition.h"

namespace slotscope {

class CommitTracker {
 public:
  // The call's commit, numbered from 1 in this VM; a new number starts a commit.
  CommitId add(const Call& call, const Transition& made);

  // Whether the trace marked every commit so far.
  bool recorded() const { return marked_ && !unmarked_; }

 private:
  // Where QEMU's walk stands in one address space: in each commit it goes upwards through what is
  // deleted and through what is created, and (8.0 on, before both) through what changes flags.
  struct Sweeps {
    CommitId commit;            // the rest is of this commit; stale when it is another one
    std::vector<Slot> deleted;  // gpa ascends
    std::optional<Gpa> created, flagged;

    void enter(CommitId now) {
      if (commit == now) return;
      commit = now;
      deleted.clear();
      created.reset();
      flagged.reset();
    }
  };

  // What the next call is compared with.
  struct Previous {
    AsId as;
    Tid tid;
    std::optional<Nanos> time;
  };

  // `sweep` is that of the call's address space; none when the call changes nothing.
  bool begins_commit(const Call& call, const Transition& made, const Sweeps* sweep) const;
  bool breaks_sweep(const Transition& made, const Sweeps& sweep) const;
  void add_to(Sweeps& sweep, const Call& call, const Update& update);
  Sweeps& sweeps(AsId as) { return as.value < near_.size() ? near_[as.value] : far_[as]; }

  std::array<Sweeps, 2> near_;  // the two address spaces that x86 has
  std::map<AsId, Sweeps> far_;  // whatever else a trace claims
  Previous previous_;           // unset before the first call, when current_ is 0
  CommitId current_;
  CommitId mark_;  // the trace's own id of the current commit
  bool marked_ = false, unmarked_ = false;
};

}  // namespace slotscope
