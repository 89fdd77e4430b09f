#include "replay/executor.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "replay/guest.h"
#include "replay/scratch.h"
#include "replay/simulation.h"

namespace slotscope {
namespace {

// The scratch VMs of one run and everything that stands around their slots.
class Stage {
 public:
  Stage(const Plan& plan, const ReplayOptions& options, Scratch scratch)
      : plan_(plan), options_(options), scratch_(std::move(scratch)) {}

  Status create_vms(Kvm& kvm, MonotonicClock& clock, Nanos& cost) {
    const Nanos before = clock.now();
    for (size_t i = 0; i < plan_.machines.size(); ++i) {
      auto vm = kvm.create_vm(options_.vm);
      if (!vm) return std::move(vm).error();
      vms_.push_back(*std::move(vm));
    }
    cost = clock.now() - before;
    return ok();
  }

  Status create_memfds() {
    for (const MemfdFile& file : plan_.memfds) {
      Result<int> memfd = vms_[file.machine]->create_guest_memfd(file.size);
      if (!memfd) return std::move(memfd).error();
      memfds_.push_back(*memfd);
    }
    return ok();
  }

  Status start_guests(const KvmCapabilities& capabilities) {
    for (uint32_t machine = 0; machine < plan_.machines.size(); ++machine) {
      Result<GuestSite> site = find_guest_site(plan_, machine, capabilities.user_slots);
      if (!site) return std::move(site).error();
      // Not of the slots' backing: we write it, and a hugetlb pool that is empty would kill us.
      Result<Scratch> own = Scratch::reserve(guest_memory, Backing::anon);
      if (!own) return std::move(own).error();
      guest_memories_.push_back(*std::move(own));
      auto guest = Guest::start(*vms_[machine], *site, guest_memories_.back().at({}), options_);
      if (!guest) return std::move(guest).error();
      guests_.push_back(*std::move(guest));
    }
    return ok();
  }

  Status create_pre_fault_vcpus() {
    for (const auto& vm : vms_) {
      auto vcpu = vm->create_vcpu(options_.vcpus, {});
      if (!vcpu) return std::move(vcpu).error();
      pre_fault_vcpus_.push_back(*std::move(vcpu));
    }
    return ok();
  }

  SlotRequest request(const Operation& op) const {
    SlotRequest request{.as = op.as,
                        .slot = op.slot,
                        .flags = op.flags,
                        .gpa = op.gpa,
                        .size = op.size,
                        .hva = scratch_.base() + op.host};
    if (op.guest_memfd != Operation::no_memfd) {
      request.guest_memfd = memfds_[op.guest_memfd];
      request.guest_memfd_offset = op.guest_memfd_offset;
    }
    return request;
  }

  KvmVm& vm(const Operation& op) { return *vms_[op.machine]; }
  Scratch& scratch() { return scratch_; }
  bool has_guests() const { return !guests_.empty(); }
  Guest& guest(uint32_t machine) { return *guests_[machine]; }
  const std::vector<std::unique_ptr<Guest>>& guests() const { return guests_; }

  Status pre_fault(const Operation& op) {
    if (pre_fault_vcpus_.empty() || op.kind != UpdateKind::create) return ok();
    return pre_fault_vcpus_[op.machine]->pre_fault(GpaRange::of(op.gpa, op.size));
  }

 private:
  const Plan& plan_;
  const ReplayOptions& options_;
  Scratch scratch_;  // goes last: VMs must not outlive their memory
  std::vector<Scratch> guest_memories_;
  std::vector<std::unique_ptr<KvmVm>> vms_;
  std::vector<int> memfds_;
  std::vector<std::unique_ptr<KvmVcpu>> pre_fault_vcpus_;
  std::vector<std::unique_ptr<Guest>> guests_;
};

// What the guests have to know while operations go by: which slots are live, and which holes open.
class GuestsAudience {
 public:
  GuestsAudience(Stage& stage, const Plan& plan, const KernelProfile& rules)
      : stage_(stage), plan_(plan), slots_(rules) {}

  void before(const Operation& op) {
    if (op.as.value != 0) return;  // these guests never enter SMM
    const Slot* slot = slots_.slots(op.machine, op.as).find(op.slot);
    if (op.kind != UpdateKind::del || !slot) return;
    stage_.guest(op.machine)
        .open_hole({.call = op.call,
                    .commit = op.commit,
                    .as = plan_.recorded_as(op),
                    .range = slot->range()});
  }

  void after(size_t at, std::vector<HoleExits>& holes) {
    const Operation& op = plan_.operations[at];
    slots_.apply(op.machine, as_call(op, stage_.scratch().base()));
    const bool last = at + 1 == plan_.operations.size();
    if (!last && plan_.operations[at + 1].commit == op.commit &&
        plan_.operations[at + 1].machine == op.machine) {
      return;
    }
    const SlotMap& live = slots_.slots(op.machine, AsId{0});
    stage_.guest(op.machine).close_holes(live, holes);
    stage_.guest(op.machine).show(live);
  }

 private:
  Stage& stage_;
  const Plan& plan_;
  Simulation slots_;
};

KernelProfile rules_of(const KvmCapabilities& capabilities) {
  KernelProfile rules = newest_kernel();
  rules.user_slots = capabilities.user_slots;
  rules.address_spaces = capabilities.address_spaces;
  return rules;
}

Status prepare(Stage& stage, Kvm& kvm, MonotonicClock& clock, const ReplayOptions& options,
               const Plan& plan, ReplayRun& run) {
  if (options.populate) {
    if (Status filled = stage.scratch().populate(plan.backing); !filled) return filled;
  }
  if (Status created = stage.create_vms(kvm, clock, run.vm_create); !created) return created;
  if (Status created = stage.create_memfds(); !created) return created;
  if (options.vcpus > 0) {
    if (Status started = stage.start_guests(kvm.capabilities()); !started) return started;
  }
  return options.pre_fault ? stage.create_pre_fault_vcpus() : ok();
}

}  // namespace

Result<ReplayRun> Executor::run(const Plan& plan) {
  Result<Scratch> scratch = Scratch::reserve(plan.reservation, options_.backing);
  if (!scratch) return std::move(scratch).error();
  Stage stage(plan, options_, *std::move(scratch));
  ReplayRun run;
  if (Status ready = prepare(stage, kvm_, clock_, options_, plan, run); !ready) {
    return std::move(ready).error();
  }
  std::optional<GuestsAudience> audience;
  if (stage.has_guests()) audience.emplace(stage, plan, rules_of(kvm_.capabilities()));
  run.durations.reserve(plan.operations.size());
  run.results.reserve(plan.operations.size());
  const Nanos begin = clock_.now();
  for (size_t i = 0; i < plan.operations.size() && !stop_.load(std::memory_order_relaxed); ++i) {
    const Operation& op = plan.operations[i];
    if (options_.speed && op.start) {
      constexpr double longest = 9e18;  // of what Nanos can hold
      const double after = static_cast<double>(op.start->value) / *options_.speed;
      const Nanos due = begin + Nanos{static_cast<int64_t>(std::clamp(after, -longest, longest))};
      clock_.sleep_until(due);
      run.latest = std::max(run.latest, clock_.now() - due);
    }
    if (audience) audience->before(op);
    const SlotRequest request = stage.request(op);
    KvmVm& vm = stage.vm(op);
    const Nanos entry = clock_.now();
    const int32_t result = vm.set_memory(request);
    const Nanos duration = clock_.now() - entry;
    run.durations.push_back(duration);
    run.results.push_back(result);
    if (op.role != Operation::Role::setup) run.total += duration;
    if (Status faulted = stage.pre_fault(op); !faulted) return std::move(faulted).error();
    if (audience) audience->after(i, run.holes);
  }
  for (const auto& guest : stage.guests()) {
    if (const auto failure = guest->stop()) run.vcpu_failure = *failure;
  }
  return run;
}

}  // namespace slotscope
