// The slots of a plan's machines as KVM's rules make them: what a sequence of calls will find.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "analyzer/event/call.h"
#include "analyzer/model/kernel_profile.h"
#include "analyzer/model/predict.h"
#include "analyzer/model/slot_map.h"
#include "replay/data/replay_plan.h"

namespace slotscope {

// The call that issues `op`, with host addresses from `base` on.
Call as_call(const Operation& op, Hva base);

class Simulation {
 public:
  struct Outcome {
    UpdateKind kind = UpdateKind::rejected;
    int32_t ret = 0;
    bool certain = true;  // whether the rules alone decide the result
    Bytes slot_size;      // of the slot that the call is about
  };

  explicit Simulation(const KernelProfile& host) : host_(host) {}

  Outcome predict_call(uint32_t machine, const Call& call);
  // The same, and does it.
  Outcome apply(uint32_t machine, const Call& call);

  const SlotMap& slots(uint32_t machine, AsId as) { return space(machine, as); }

  // Kernel memory of all live slots, and the most there ever was at once: a move holds both.
  Bytes metadata() const { return metadata_; }
  Bytes metadata_peak() const { return peak_; }

 private:
  SlotMap& space(uint32_t machine, AsId as);

  KernelProfile host_;
  std::map<std::pair<uint32_t, AsId>, std::unique_ptr<SlotMap>> spaces_;
  std::pair<uint32_t, AsId> latest_at_{};
  SlotMap* latest_ = nullptr;
  Bytes metadata_, peak_;
};

}  // namespace slotscope
