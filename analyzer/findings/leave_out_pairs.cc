#include "analyzer/findings/leave_out_pairs.h"

#include <fmt/format.h>

#include <set>

#include "analyzer/findings/redundant_pairs.h"
#include "analyzer/model/model.h"
#include "analyzer/model/slot_steps.h"

namespace slotscope {
namespace {

std::set<CallNumber> calls_of_pairs(const std::vector<Event>& events, bool faithful,
                                    const KernelProfile& kernel) {
  std::set<CallNumber> calls;
  Model model(kernel, faithful);
  RedundantPairsBuilder pairs;
  pairs.on_pair([&](PairKind kind, const SlotPair& pair) {
    if (kind == PairKind::redundant) calls.insert({pair.calls.first, pair.calls.last});
  });
  for (const Event& event : events) {
    if (const Step* step = model.apply(event)) pairs.add(*step, false);
  }
  return calls;
}

// Where the slot that `update` is about stands among the slots that stayed.
SlotId id_for(const Call& call, const Update& update, const AddressSpace* space) {
  if (!space) return call.slot;
  if (update.before) return id_at(space->slots, update.before->gpa);
  SlotId id = call.slot;
  for (SlotId lowest{0}; space->slots.find(id); ++lowest.value) id = lowest;
  return id;
}

bool same_place(const std::optional<Slot>& a, const std::optional<Slot>& b) {
  return a.has_value() == b.has_value() && (!a || a->identical(*b));
}

bool has_effect(UpdateKind kind) {
  return kind != UpdateKind::no_change && kind != UpdateKind::rejected;
}

}  // namespace

Result<WithoutPairs> leave_out_pairs(const std::vector<Event>& events, bool faithful,
                                     const KernelProfile& kernel) {
  const std::set<CallNumber> left_out = calls_of_pairs(events, faithful, kernel);
  WithoutPairs result{.events = {}, .pairs = left_out.size() / 2};
  Model real(kernel, faithful), made(kernel, faithful);
  for (const Event& event : events) {
    const Step* step = real.apply(event);
    if (!step) {
      made.apply(event);
      result.events.push_back(event);
      continue;
    }
    if (left_out.count(step->number) || !has_effect(step->update->kind)) continue;
    const Update wanted = *step->update;
    Call call = *step->call;
    call.commit = step->commit;
    const auto vm = made.vms().find(call.vm);
    call.slot = id_for(call, wanted,
                       vm == made.vms().end() ? nullptr : vm->second->state.address_space(call.as));
    const Update& update = *made.apply(call)->update;
    if (update.kind != wanted.kind || !same_place(update.before, wanted.before) ||
        !same_place(update.after, wanted.after)) {
      return Diagnostic{.message = fmt::format("call {} does something else without the redundant "
                                               "pairs before it",
                                               step->number.value)};
    }
    result.events.push_back(call);
  }
  return result;
}

}  // namespace slotscope
