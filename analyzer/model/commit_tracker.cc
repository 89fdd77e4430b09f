#include "analyzer/model/commit_tracker.h"

#include <algorithm>

namespace slotscope {
namespace {

constexpr Nanos longest_pause{100'000'000};
// As many as an address space has slots to delete (KVM_USER_MEM_SLOTS).
constexpr size_t most_deleted = 32764;

bool paused(std::optional<Nanos> previous_end, const Call& call) {
  if (!previous_end || !call.time) return false;
  const Nanos start = *call.time - call.duration.value_or(Nanos{0});
  return start - *previous_end > longest_pause;
}

}  // namespace

bool CommitTracker::breaks_sweep(const Transition& made, const Sweeps& sweep) const {
  if (sweep.commit != current_) return false;
  const Gpa place = made.place;
  switch (made.update.kind) {
    case UpdateKind::del:
      return sweep.created || sweep.deleted.size() == most_deleted ||
             (!sweep.deleted.empty() && place < sweep.deleted.back().gpa);
    case UpdateKind::flags:
      return sweep.flagged && place < *sweep.flagged;
    case UpdateKind::create:
    case UpdateKind::move: {
      if (sweep.created && place < *sweep.created) return true;
      // A commit leaves alone what stays the same (address_space_update_topology_pass).
      const auto same = std::lower_bound(sweep.deleted.begin(), sweep.deleted.end(), place,
                                         [](const Slot& slot, Gpa gpa) { return slot.gpa < gpa; });
      return same != sweep.deleted.end() && same->identical(*made.update.after);
    }
    case UpdateKind::no_change:
    case UpdateKind::rejected:
      break;
  }
  return false;
}

bool CommitTracker::begins_commit(const Call& call, const Transition& made,
                                  const Sweeps* sweep) const {
  if (call.commit.value != 0) return call.commit != mark_;
  if (current_.value == 0) return true;
  if (!sweep) return false;
  return call.as < previous_.as || call.tid != previous_.tid || paused(previous_.time, call) ||
         breaks_sweep(made, *sweep);
}

CommitId CommitTracker::add(const Call& call, const Transition& made) {
  // What changes nothing is no part of a sweep, and must not cost memory for its address space.
  Sweeps* sweep = changes_slots(made.update.kind) ? &sweeps(call.as) : nullptr;
  if (begins_commit(call, made, sweep)) ++current_.value;
  if (sweep) add_to(*sweep, call, made.update);
  previous_ = {call.as, call.tid, call.time};
  mark_ = call.commit;
  (call.commit.value != 0 ? marked_ : unmarked_) = true;
  return current_;
}

void CommitTracker::add_to(Sweeps& sweep, const Call& call, const Update& update) {
  sweep.enter(current_);
  switch (update.kind) {
    case UpdateKind::del:
      // A commit that the trace marks can be of any length.
      if (sweep.deleted.size() == most_deleted) break;
      sweep.deleted.push_back(update.before ? *update.before : Slot::from(call));
      break;
    case UpdateKind::create:
    case UpdateKind::move:
      sweep.created = call.gpa;
      break;
    case UpdateKind::flags:
      sweep.flagged = call.gpa;
      break;
    case UpdateKind::no_change:
    case UpdateKind::rejected:
      break;
  }
}

}  // namespace slotscope
