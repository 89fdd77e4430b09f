#include "replay/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace slotscope {
namespace {

// x86 has 47 bits of user address space; the rest is left to the program and its libraries.
constexpr Bytes largest_reservation{uint64_t{1} << 46};
constexpr Hva hva_limit_4_level{(uint64_t{1} << 47) - 4096};
constexpr Hva hva_sign_bit{uint64_t{1} << 63};
constexpr Bytes page{4096};
constexpr Bytes largest_memfd{uint64_t{1} << 46};

// Whether scratch memory can stand for the call's host range. What KVM accepted somewhere can be
// anywhere in user space (57 bits with 5-level paging); what it refused may have been refused for
// the address itself, which must not be passed on.
bool host_address_fits(const Call& call) {
  return call.hva + call.size <= (call.ret == 0 ? hva_sign_bit : hva_limit_4_level);
}

std::optional<Nanos> entry_time(const Call& call) {
  if (!call.time) return std::nullopt;
  return call.duration ? *call.time - *call.duration : *call.time;
}

}  // namespace

uint32_t PlanBuilder::machine_of(const Call& call) {
  const AsId key = options_.split_address_spaces ? call.as : AsId{0};
  const auto [at, added] =
      machines_.try_emplace({call.vm, key}, static_cast<uint32_t>(plan_.machines.size()));
  if (added) {
    plan_.machines.push_back(
        {call.vm, options_.split_address_spaces ? std::optional(call.as) : std::nullopt});
  }
  return at->second;
}

uint32_t PlanBuilder::memfd_of(const Call& call, uint32_t machine) {
  const auto [at, added] =
      memfds_.try_emplace({machine, call.guest_memfd}, static_cast<uint32_t>(plan_.memfds.size()));
  if (added) plan_.memfds.push_back({machine, page});
  const Bytes end = call.guest_memfd_offset + call.size;
  Bytes& size = plan_.memfds[at->second].size;
  if (end <= largest_memfd) size = std::max(size, end);
  return at->second;
}

Call PlanBuilder::on_machine(const Call& call, uint32_t machine) {
  Call there = call;
  if (options_.split_address_spaces) there.as = AsId{0};
  if (call.flags & slot_flag::guest_memfd) {
    there.guest_memfd = static_cast<int32_t>(memfd_of(call, machine));
  } else {
    there.guest_memfd_offset = {};
  }
  return there;
}

Bytes PlanBuilder::cost_of(const Call& call) const {
  return slot_metadata_bytes(GpaRange::of(call.gpa, call.size), call.flags, options_.host);
}

std::optional<LeftOutReason> PlanBuilder::reason_to_leave_out(const Step& step, const Call& call,
                                                              uint32_t machine) {
  using enum LeftOutReason;
  const Update& update = *step.update;
  if (!host_address_fits(call)) return host_address;
  if (call.ret != 0 && update.verdict == Verdict::unpredictable) {
    if (call.ret == -EFAULT) return argument_unread;
    const bool shown = step.call->as.value == 0 || step.space->proven;
    return call.ret == -EINVAL && !shown ? no_address_space : host_dependent;
  }
  if (update.verdict == Verdict::learnt && (call.ret != 0 || update.kind == UpdateKind::del)) {
    return slot_not_shown;
  }
  if (missing_.count({machine, call.as, call.slot}) && update.kind != UpdateKind::create) {
    return depends_on_left_out;
  }
  const Simulation::Outcome here = slots_.predict_call(machine, call);
  if (call.ret != 0 && here.ret == 0 && update.verdict == Verdict::agrees) {
    return depends_on_left_out;
  }
  if (here.ret != 0 && cost_of(call) > options_.refused_cost_limit) return too_costly;
  return std::nullopt;
}

void PlanBuilder::leave_out(const Step& step, const Call& call, uint32_t machine,
                            LeftOutReason reason) {
  plan_.left_out.push_back({step.number, reason, call.ret});
  if (call.ret != 0) return;
  const SlotKey key{machine, call.as, call.slot};
  if (call.size.value == 0) {
    missing_.erase(key);
  } else {
    missing_.insert(key);
  }
}

Operation& PlanBuilder::issue(uint32_t machine, const Call& call, Operation::Role role) {
  const Simulation::Outcome outcome = slots_.apply(machine, call);
  if (outcome.ret != 0) refused_cost_ += cost_of(call);
  Operation op;
  op.gpa = call.gpa;
  op.size = call.size;
  op.host = Bytes{call.hva.value};  // until finish() knows the layout
  op.slot_size = outcome.slot_size;
  op.flags = call.flags;
  op.recorded = call.ret;
  op.predicted = outcome.ret;
  op.certain = outcome.certain;
  op.machine = machine;
  op.as = call.as;
  op.slot = call.slot;
  op.kind = outcome.kind;
  op.role = role;
  if (call.flags & slot_flag::guest_memfd) {
    op.guest_memfd = static_cast<uint32_t>(call.guest_memfd);
    op.guest_memfd_offset = call.guest_memfd_offset;
  }
  if (call.size.value > 0) layout_.add(call.hva, call.size);
  return plan_.operations.emplace_back(op);
}

// What the model calls an implicit delete: the same id (a READONLY flip), or any slot in the range
// whose delete the trace lost.
void PlanBuilder::delete_what_stands_in_the_way(const Step& step, const Call& call,
                                                uint32_t machine) {
  const auto remove = [&](const Slot& slot) {
    Call hidden = call;
    hidden.slot = slot.id;
    hidden.gpa = slot.gpa;
    hidden.hva = slot.hva;
    hidden.size = Bytes{0};
    hidden.flags = 0;
    Operation& op = issue(machine, hidden, Operation::Role::hidden_delete);
    op.call = step.number;
    op.commit = step.commit;
  };
  const SlotMap& slots = slots_.slots(machine, call.as);
  if (const Slot* same = slots.find(call.slot)) remove(Slot(*same));
  while (const Slot* other = slots.overlapping(GpaRange::of(call.gpa, call.size))) {
    remove(Slot(*other));
  }
}

void PlanBuilder::add_call(const Step& step) {
  const uint32_t machine = machine_of(*step.call);
  const Call call = on_machine(*step.call, machine);
  const std::optional<Nanos> entry = entry_time(call);
  if (entry && !first_) first_ = entry;
  const bool hidden_delete =
      step.update->implicit_delete && step.update->verdict != Verdict::disagrees;
  if (hidden_delete && host_address_fits(call)) delete_what_stands_in_the_way(step, call, machine);
  if (const auto reason = reason_to_leave_out(step, call, machine)) {
    leave_out(step, call, machine, *reason);
    return;
  }
  missing_.erase({machine, call.as, call.slot});
  Operation& op = issue(machine, call, Operation::Role::call);
  op.call = step.number;
  op.commit = step.commit;
  op.recorded_duration = call.duration;
  if (entry) op.start = *entry - *first_;
  plan_.has_times |= entry.has_value();
}

void PlanBuilder::add_setup(const Call& snapshot) {
  const uint32_t machine = machine_of(snapshot);
  const Call call = on_machine(snapshot, machine);
  // A second snapshot shows again what is there already.
  if (!host_address_fits(call) || slots_.predict_call(machine, call).kind != UpdateKind::create) {
    return;
  }
  issue(machine, call, Operation::Role::setup);
}

void PlanBuilder::add(const Event& event, const Step* step) {
  if (step) {
    add_call(*step);
  } else if (const Call* call = std::get_if<Call>(&event)) {
    add_setup(*call);
  } else if (std::holds_alternative<Loss>(event)) {
    plan_.lost_events = true;
  }
}

Result<Plan> PlanBuilder::finish() {
  layout_.arrange();
  if (layout_.reservation() > largest_reservation) {
    return Diagnostic{.fault = Fault::bad_input,
                      .message = fmt::format("its slots name {} TiB of host memory, more than a "
                                             "process can reserve",
                                             layout_.reservation().value >> 40)};
  }
  for (Operation& op : plan_.operations) {
    const Hva hva{op.host.value};
    // A delete may name any address; only its alignment counts.
    op.host = layout_.offset(hva).value_or(Bytes{hva.value % page.value});
  }
  plan_.reservation = layout_.reservation() + page;  // a page more for deletes in an empty plan
  plan_.backing = layout_.ranges();
  plan_.metadata_peak = slots_.metadata_peak() + refused_cost_;
  return std::move(plan_);
}

}  // namespace slotscope
