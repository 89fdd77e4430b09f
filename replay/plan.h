// Calls in, operations out: what a replay of this trace issues on scratch VMs. Pure: it asks
// neither KVM nor the machine.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/event/event.h"
#include "analyzer/model/kernel_profile.h"
#include "analyzer/model/model.h"
#include "replay/data/replay_plan.h"
#include "replay/host_layout.h"
#include "replay/simulation.h"

namespace slotscope {

struct PlanOptions {
  KernelProfile host;                 // whose rules the operations will meet
  bool split_address_spaces = false;  // each in a VM of its own
  // A call that KVM must refuse is left out when it would cost more than this if it did not.
  Bytes refused_cost_limit{uint64_t{256} << 20};
};

class PlanBuilder {
 public:
  explicit PlanBuilder(const PlanOptions& options) : options_(options), slots_(options.host) {}

  // Each event with what the model made of it.
  void add(const Event& event, const Step* step);

  // Refuses what no reservation can hold. The builder is spent.
  Result<Plan> finish();

 private:
  using SlotKey = std::tuple<uint32_t, AsId, SlotId>;  // machine, address space on it, slot

  void add_call(const Step& step);
  void add_setup(const Call& call);
  std::optional<LeftOutReason> reason_to_leave_out(const Step& step, const Call& call,
                                                   uint32_t machine);
  void leave_out(const Step& step, const Call& call, uint32_t machine, LeftOutReason reason);
  // `call` is in terms of the machine: its address space, and the index of its guest_memfd.
  Operation& issue(uint32_t machine, const Call& call, Operation::Role role);
  void delete_what_stands_in_the_way(const Step& step, const Call& call, uint32_t machine);
  uint32_t machine_of(const Call& call);
  Call on_machine(const Call& call, uint32_t machine);
  uint32_t memfd_of(const Call& call, uint32_t machine);
  Bytes cost_of(const Call& call) const;

  PlanOptions options_;
  Simulation slots_;
  HostLayout layout_;
  Plan plan_;
  std::map<std::pair<VmId, AsId>, uint32_t> machines_;
  std::map<std::pair<uint32_t, int32_t>, uint32_t> memfds_;
  std::set<SlotKey> missing_;  // slots whose create was left out
  std::optional<Nanos> first_;
  Bytes refused_cost_;  // if every call that KVM must refuse got through
};

}  // namespace slotscope
