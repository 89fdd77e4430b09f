// The slots that VMs had when the capture began, and which of the calls seen around that moment
// they already show: none may be lost, none applied twice.
#pragma once

#include <map>
#include <utility>

#include "probes/decode.h"

namespace slotscope {

class StartState {
 public:
  // The latest usable snapshot of an address space counts.
  void learn(const SpaceSnapshot& snapshot);

  // Whether the snapshot of the call's address space shows what the call did. By time where that
  // decides; a call that was under way when the snapshot was taken is there if its effect is.
  bool covers(const Call& call) const;

  bool knows(VmId vm) const;
  // In the order of VMs and address spaces.
  const std::map<std::pair<VmId, AsId>, SpaceSnapshot>& spaces() const { return spaces_; }

 private:
  std::map<std::pair<VmId, AsId>, SpaceSnapshot> spaces_;
};

}  // namespace slotscope
