#include "analyzer/capture/start_state.h"

#include <algorithm>

namespace slotscope {
namespace {

bool shows_effect(const SpaceSnapshot& snapshot, const Call& call) {
  const auto slot =
      std::find_if(snapshot.slots.begin(), snapshot.slots.end(),
                   [&](const Call& candidate) { return candidate.slot == call.slot; });
  if (call.size.value == 0) return slot == snapshot.slots.end();
  return slot != snapshot.slots.end() && slot->gpa == call.gpa && slot->size == call.size &&
         slot->hva == call.hva && slot->flags == call.flags;
}

}  // namespace

void StartState::learn(const SpaceSnapshot& snapshot) {
  if (snapshot.usable()) spaces_[{snapshot.vm, snapshot.as}] = snapshot;
}

bool StartState::knows(VmId vm) const {
  const auto at = spaces_.lower_bound({vm, AsId{0}});
  return at != spaces_.end() && at->first.first == vm;
}

bool StartState::covers(const Call& call) const {
  const auto found = spaces_.find({call.vm, call.as});
  if (found == spaces_.end() || !call.time) return false;
  const SpaceSnapshot& snapshot = found->second;
  if (*call.time <= snapshot.begin) return true;
  // Without a duration the call began before the capture, so before the snapshot too.
  if (call.duration && *call.time - *call.duration >= snapshot.end) return false;
  return call.ret == 0 && shows_effect(snapshot, call);
}

}  // namespace slotscope
