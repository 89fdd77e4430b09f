#include "replay/variants.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "analyzer/rewrite/slot_steps.h"
#include "replay/simulation.h"

namespace slotscope {
namespace {

// Host addresses of a plan are offsets; the rules want addresses of a user's.
constexpr Hva any_base{uint64_t{1} << 30};

using Space = std::pair<uint32_t, AsId>;
Space space_of(const Operation& op) { return {op.machine, op.as}; }

// Follows the original plan: which slot each operation found.
class Original {
 public:
  explicit Original(const KernelProfile& host) : slots_(host) {}

  struct Found {
    std::optional<Slot> before;
    Simulation::Outcome outcome;
  };
  Found apply(const Operation& op) {
    const Slot* slot = slots_.slots(op.machine, op.as).find(op.slot);
    Found found{.before = slot ? std::optional(*slot) : std::nullopt, .outcome = {}};
    found.outcome = slots_.apply(op.machine, as_call(op, any_base));
    return found;
  }
  const SlotMap& slots(const Space& space) { return slots_.slots(space.first, space.second); }

 private:
  Simulation slots_;
};

// Marks the operations of redundant pairs.
class PairFinder {
 public:
  PairFinder(const Plan& plan, const KernelProfile& host)
      : plan_(plan), original_(host), redundant_(plan.operations.size(), false) {}

  std::vector<bool> find() {
    for (size_t i = 0; i < plan_.operations.size(); ++i) add(i);
    return std::move(redundant_);
  }

 private:
  struct Deleted {
    Slot slot;
    size_t operation;
  };

  void add(size_t at) {
    const Operation& op = plan_.operations[at];
    const Original::Found found = original_.apply(op);
    std::map<Gpa, Deleted>& waiting = waiting_[space_of(op)];
    if (found.outcome.kind == UpdateKind::del) {
      waiting.insert_or_assign(found.before->gpa, Deleted{*found.before, at});
      return;
    }
    if (found.outcome.kind != UpdateKind::create && found.outcome.kind != UpdateKind::move) return;
    const Slot now = Slot::from(as_call(op, any_base));
    const auto same = waiting.find(now.gpa);
    if (found.outcome.kind == UpdateKind::create && same != waiting.end() &&
        same->second.slot.identical(now)) {
      redundant_[same->second.operation] = redundant_[at] = true;
    }
    use(waiting, now.range());
  }

  // Waiting slots are disjoint: they were live together, or the later one's create ended the
  // earlier one's waiting.
  static void use(std::map<Gpa, Deleted>& waiting, GpaRange range) {
    auto at = waiting.lower_bound(range.begin);
    if (at != waiting.begin() && std::prev(at)->second.slot.range().overlaps(range)) --at;
    while (at != waiting.end() && at->second.slot.range().overlaps(range)) at = waiting.erase(at);
  }

  const Plan& plan_;
  Original original_;
  std::vector<bool> redundant_;
  std::map<Space, std::map<Gpa, Deleted>> waiting_;
};

// Builds a plan out of another's operations, under the slot ids that are free in it.
class Rewriter {
 public:
  Rewriter(const Plan& plan, const KernelProfile& host) : host_(host), slots_(host), plan_(plan) {
    plan_.operations.clear();
  }

  const SlotMap& slots(const Space& space) { return slots_.slots(space.first, space.second); }

  // `op` with the id that its slot has here.
  void issue(Operation op, SlotId id) {
    op.slot = id;
    const Simulation::Outcome outcome = slots_.apply(op.machine, as_call(op, any_base));
    op.kind = outcome.kind;
    op.predicted = op.recorded = outcome.ret;
    op.certain = outcome.certain;
    op.slot_size = outcome.slot_size;
    plan_.operations.push_back(op);
  }

  // `wanted` if nothing has it here, else the lowest free one.
  SlotId free_id(const Space& space, SlotId wanted) {
    const SlotMap& live = slots(space);
    if (!live.find(wanted)) return wanted;
    uint32_t id = 0;
    while (id < host_.user_slots && live.find(SlotId{static_cast<uint16_t>(id)})) ++id;
    return SlotId{static_cast<uint16_t>(id)};
  }

  Plan finish() {
    plan_.metadata_peak = std::max(plan_.metadata_peak, slots_.metadata_peak());
    return std::move(plan_);
  }

 private:
  KernelProfile host_;
  Simulation slots_;
  Plan plan_;
};

// Which id a slot of the original has in the variant.
class Names {
 public:
  SlotId of(const Space& space, SlotId original) const {
    const auto at = names_.find({space, original});
    return at == names_.end() ? original : at->second;
  }
  void set(const Space& space, SlotId original, SlotId now) { names_[{space, original}] = now; }

 private:
  std::map<std::pair<Space, SlotId>, SlotId> names_;
};

Operation operation_of(const Slot& slot, const Operation& like) {
  Operation op = like;
  op.gpa = slot.gpa;
  op.size = slot.size;
  op.host = slot.hva - any_base;
  op.guest_memfd_offset = slot.guest_memfd_offset;
  op.flags = slot.flags;
  op.as = slot.as;
  op.guest_memfd = slot.flags & slot_flag::guest_memfd ? static_cast<uint32_t>(slot.guest_memfd)
                                                       : Operation::no_memfd;
  op.role = Operation::Role::call;
  op.recorded_duration.reset();
  return op;
}

Operation delete_of(const Slot& slot, const Operation& like) {
  Operation op = operation_of(slot, like);
  op.size = Bytes{0};
  op.flags = 0;
  op.guest_memfd = Operation::no_memfd;
  op.guest_memfd_offset = {};
  return op;
}

const Slot* slot_at(const SlotMap& slots, Gpa gpa) {
  const Slot* found = slots.overlapping(GpaRange::of(gpa, Bytes{1}));
  return found && found->gpa == gpa ? found : nullptr;
}

// Turns the variant's slots of one address space into those of a commit's end. Nothing but slots
// at the `touched` addresses differs; the operations are timed and numbered like `like`.
void make_equal(Rewriter& into, const Space& space, const SlotMap& wanted,
                const std::set<Gpa>& touched, const Operation& like) {
  std::vector<Slot> before, after;
  for (const Gpa gpa : touched) {
    if (const Slot* slot = slot_at(into.slots(space), gpa)) before.push_back(*slot);
    if (const Slot* slot = slot_at(wanted, gpa)) after.push_back(*slot);
  }
  for (const SlotStep& step : slot_steps(before, after, into.slots(space))) {
    const bool deletes = step.kind == UpdateKind::del;
    into.issue(deletes ? delete_of(step.slot, like) : operation_of(step.slot, like), step.slot.id);
  }
}

}  // namespace

Plan without_redundant_pairs(const Plan& plan, const KernelProfile& host) {
  const std::vector<bool> redundant = PairFinder(plan, host).find();
  Original original(host);
  Rewriter into(plan, host);
  Names names;
  for (size_t i = 0; i < plan.operations.size(); ++i) {
    const Operation& op = plan.operations[i];
    const Original::Found found = original.apply(op);
    const Space space = space_of(op);
    const bool creates = found.outcome.kind == UpdateKind::create;
    if (redundant[i]) {
      // Still there under the id that it had when it was (not) deleted.
      if (creates)
        names.set(space, op.slot, into.slots(space).overlapping(GpaRange::of(op.gpa, op.size))->id);
      continue;
    }
    if (creates || !found.before) {
      const SlotId id = into.free_id(space, op.slot);
      into.issue(op, id);
      if (creates) names.set(space, op.slot, id);
    } else {
      into.issue(op, names.of(space, op.slot));
    }
  }
  return into.finish();
}

Plan minimal_per_commit(const Plan& plan, const KernelProfile& host) {
  Original original(host);
  Rewriter into(plan, host);
  std::map<Space, std::set<Gpa>> touched;
  for (size_t i = 0; i < plan.operations.size(); ++i) {
    const Operation& op = plan.operations[i];
    const Original::Found found = original.apply(op);
    if (op.role == Operation::Role::setup) {
      into.issue(op, op.slot);
      continue;
    }
    if (found.outcome.ret == 0) {
      if (found.before) touched[space_of(op)].insert(found.before->gpa);
      if (op.size.value > 0) touched[space_of(op)].insert(op.gpa);
    }
    const bool more = i + 1 < plan.operations.size();
    if (more && plan.operations[i + 1].commit == op.commit &&
        plan.machines[plan.operations[i + 1].machine].vm == plan.machines[op.machine].vm) {
      continue;
    }
    for (const auto& [space, gpas] : touched) {
      Operation like = op;
      like.machine = space.first;
      like.as = space.second;
      make_equal(into, space, original.slots(space), gpas, like);
    }
    touched.clear();
  }
  return into.finish();
}

}  // namespace slotscope
