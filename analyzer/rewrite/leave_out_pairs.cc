#include "analyzer/rewrite/leave_out_pairs.h"

#include <fmt/format.h>

#include <iterator>
#include <map>
#include <set>

#include "analyzer/findings/redundant_pairs.h"
#include "analyzer/model/model.h"
#include "analyzer/rewrite/slot_steps.h"

namespace slotscope {
namespace {

using PairCalls = std::map<CallNumber, CallNumber>;  // the delete and the create, by the delete

PairCalls redundant_pairs(const std::vector<Event>& events, bool faithful,
                          const KernelProfile& kernel) {
  PairCalls found;
  Model model(kernel, faithful);
  RedundantPairsBuilder pairs;
  pairs.on_pair([&](PairKind kind, const SlotPair& pair) {
    if (kind == PairKind::redundant) found.emplace(pair.calls.first, pair.calls.last);
  });
  for (const Event& event : events) {
    if (const Step* step = model.apply(event)) pairs.add(*step, false);
  }
  return found;
}

// The calls of as many of the pairs as KVM has room for: without a pair its slot stays, and the
// slots that are there at once are limited. Where they are too many, those that would stay longest
// are deleted after all.
std::set<CallNumber> calls_of_pairs(const std::vector<Event>& events, bool faithful,
                                    const KernelProfile& kernel) {
  PairCalls pairs = redundant_pairs(events, faithful, kernel);
  std::map<AsId, PairCalls> staying;  // by the create
  Model model(kernel, faithful);
  for (const Event& event : events) {
    const Step* step = model.apply(event);
    if (!step) continue;
    PairCalls& stay = staying[step->call->as];
    stay.erase(step->number);
    if (const auto pair = pairs.find(step->number); pair != pairs.end()) {
      stay.emplace(pair->second, pair->first);
    }
    while (!stay.empty() && step->space->slots.count() + stay.size() > kernel.user_slots) {
      pairs.erase(stay.rbegin()->second);
      stay.erase(std::prev(stay.end()));
    }
  }
  std::set<CallNumber> calls;
  for (const auto& [went, came] : pairs) calls.insert({went, came});
  return calls;
}

// Slot numbers for slots that don't find their own free.
class FreeIds {
 public:
  SlotId lowest(const SlotMap& slots) {
    if (!below_.empty()) return SlotId{*below_.begin()};
    while (slots.find(SlotId{bound_}) && bound_ < UINT16_MAX) ++bound_;
    return SlotId{bound_};
  }
  void taken(SlotId id) { below_.erase(id.value); }
  void freed(SlotId id) {
    if (id.value < bound_) below_.insert(id.value);
  }

 private:
  uint16_t bound_ = 0;        // what is below it was taken once
  std::set<uint16_t> below_;  // of that, what is free
};

// Where the slot that `update` is about stands among the slots that stayed.
SlotId id_for(const Call& call, const Update& update, const AddressSpace* space, FreeIds& free) {
  if (!space) return call.slot;
  if (update.before) return id_at(space->slots, update.before->gpa);
  return space->slots.find(call.slot) ? free.lowest(space->slots) : call.slot;
}

bool same_place(const std::optional<Slot>& a, const std::optional<Slot>& b) {
  return a.has_value() == b.has_value() && (!a || a->identical(*b));
}

}  // namespace

Result<WithoutPairs> leave_out_pairs(const std::vector<Event>& events, bool faithful,
                                     const KernelProfile& kernel) {
  const std::set<CallNumber> left_out = calls_of_pairs(events, faithful, kernel);
  WithoutPairs result{.events = {}, .pairs = left_out.size() / 2};
  Model real(kernel, faithful), made(kernel, faithful);
  std::map<AsId, FreeIds> free;
  for (const Event& event : events) {
    const Step* step = real.apply(event);
    if (!step) {
      made.apply(event);
      result.events.push_back(event);
      continue;
    }
    if (left_out.count(step->number) || !changes_slots(step->update->kind)) continue;
    const Update wanted = *step->update;
    Call call = *step->call;
    call.payload = {};  // it may say something else now
    call.commit = step->commit;
    const auto vm = made.vms().find(call.vm);
    FreeIds& ids = free[call.as];
    call.slot =
        id_for(call, wanted,
               vm == made.vms().end() ? nullptr : vm->second->state.address_space(call.as), ids);
    const Update& update = *made.apply(call)->update;
    if (update.kind == UpdateKind::create) ids.taken(call.slot);
    if (update.kind == UpdateKind::del) ids.freed(call.slot);
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
