// What a capture makes of what the kernel tells: events for the trace, in order, the state that
// VMs already had before them, and the proof at the end that nothing is missing.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "analyzer/capture/kernel_check.h"
#include "analyzer/capture/start_state.h"
#include "analyzer/event/event.h"
#include "analyzer/model/model.h"

namespace slotscope {

struct RecordTotals {
  uint64_t calls = 0, snapshot_slots = 0, lost = 0, undecoded = 0;
  Nanos inside;  // the ioctls, as far as their durations are known
  std::set<VmId> vms;
  std::map<VmId, Pid> live;  // VMs whose process has not ended
};

class Recording {
 public:
  // Gets each event of the trace; `step` as Model::apply answers it.
  using Write = std::function<Status(const Event& event, const Step* step)>;
  using Checks = std::map<std::pair<VmId, AsId>, SpaceCheck>;

  Recording(const KernelProfile& kernel, Write write) : model_(kernel, true), write_(write) {}

  // What was seen until the slots of the VMs that already ran were known: those slots come first.
  Status start(const std::vector<Observation>& seen);
  Status add(const Observation& seen);

  // The newest comparison of each address space with the kernel.
  const Checks& checks() const { return checks_; }
  const RecordTotals& totals() const { return totals_; }
  size_t slots() const;  // that the model holds now
  // The slots of every VM as the kernel showed them last; empty when it did not show all of them.
  std::vector<Call> kernel_slots() const;

 private:
  Status add_event(const Event& event);
  Status write(const Event& event);
  void count(const Event& event);

  Model model_;
  Write write_;
  StartState start_;
  KernelCheck check_;
  RecordTotals totals_;
  Checks checks_;
  std::map<std::pair<VmId, AsId>, std::vector<Call>> shown_;  // newest of each address space
};

}  // namespace slotscope
