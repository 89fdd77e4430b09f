#include "analyzer/findings/slot_plan.h"

#include <algorithm>
#include <cassert>
#include <set>
#include <tuple>

#include "analyzer/findings/minimal.h"

namespace slotscope {
namespace {

auto memory_of(const SlotChange* change) {
  return std::tuple(change->slot.hva, change->slot.size, change->slot.flags);
}
bool by_memory(const SlotChange* a, const SlotChange* b) { return memory_of(a) < memory_of(b); }

struct Move {
  const SlotChange* from;
  const SlotChange* to;
};

// What is left of both sides once the slots that stay at their place are taken out.
struct Leftover {
  std::vector<const SlotChange*> before, after;
};

class Planner {
 public:
  explicit Planner(const SlotMap& now) : now_(now) {}

  std::vector<PlannedCall> plan(const std::vector<SlotChange>& before,
                                const std::vector<SlotChange>& after) {
    Leftover left = plan_in_place(before, after);
    std::vector<Move> moves = take_moves(left);
    // A move into a place that is still taken waits for its slot to go.
    std::vector<Move> late = order_moves(moves, left);
    for (const Move& move : late) {
      left.before.push_back(move.from);
      left.after.push_back(move.to);
    }
    for (const SlotChange* went : left.before) {
      add(UpdateKind::del, went->slot, id_at(now_, went->slot.gpa), went->call);
    }
    for (const Move& move : moves) {
      add(UpdateKind::move, move.to->slot, id_at(now_, move.from->slot.gpa), move.to->call);
    }
    for (const SlotChange* came : left.after) {
      add(UpdateKind::create, came->slot, free_id(came->slot.id, left.before), came->call);
    }
    return std::move(calls_);
  }

 private:
  void add(UpdateKind kind, const Slot& slot, SlotId id, CallNumber from) {
    calls_.push_back({kind, slot, from});
    calls_.back().slot.id = id;
  }

  Leftover plan_in_place(const std::vector<SlotChange>& before,
                         const std::vector<SlotChange>& after) {
    Leftover left;
    auto came = after.begin();
    for (const SlotChange& went : before) {
      while (came != after.end() && came->slot.gpa < went.slot.gpa) left.after.push_back(&*came++);
      const bool here = came != after.end() && came->slot.gpa == went.slot.gpa;
      if (here && came->slot.identical(went.slot)) {
        ++came;
      } else if (here && one_call_apart(went.slot, came->slot)) {
        add(UpdateKind::flags, came->slot, id_at(now_, went.slot.gpa), came->call);
        ++came;
      } else {
        left.before.push_back(&went);
      }
    }
    for (; came != after.end(); ++came) left.after.push_back(&*came);
    return left;
  }

  std::vector<Move> take_moves(Leftover& left) {
    std::vector<const SlotChange*> before = left.before, after = left.after;
    std::stable_sort(before.begin(), before.end(), by_memory);
    std::stable_sort(after.begin(), after.end(), by_memory);
    std::vector<Move> moves;
    std::set<const SlotChange*> taken;
    for (auto b = before.begin(), a = after.begin(); b != before.end() && a != after.end();) {
      if (by_memory(*b, *a)) {
        ++b;
      } else if (by_memory(*a, *b)) {
        ++a;
      } else {
        if (one_call_apart((*b)->slot, (*a)->slot)) {
          moves.push_back({*b, *a});
          taken.insert({*b, *a});
        }
        ++b, ++a;
      }
    }
    const auto moved = [&](const SlotChange* change) { return taken.count(change) > 0; };
    std::erase_if(left.before, moved);
    std::erase_if(left.after, moved);
    return moves;
  }

  // Puts `moves` into an order in which each finds its place free; what is left in a ring comes
  // back and has to be deleted and created.
  std::vector<Move> order_moves(std::vector<Move>& moves, const Leftover& left) const {
    if (moves.empty()) return {};
    SlotMap there = now_;
    for (const SlotChange* went : left.before) {
      there.erase(there.find(id_at(there, went->slot.gpa)));
    }
    std::vector<Move> ordered, open = moves;
    for (bool progress = true; progress && !open.empty();) {
      progress = false;
      std::vector<Move> blocked;
      for (const Move& move : open) {
        Slot slot = *there.find(id_at(there, move.from->slot.gpa));
        if (there.overlapping(move.to->slot.range(), there.find(slot.id))) {
          blocked.push_back(move);
          continue;
        }
        slot.gpa = move.to->slot.gpa;
        there.replace(slot);
        ordered.push_back(move);
        progress = true;
      }
      open.swap(blocked);
    }
    moves.swap(ordered);
    return open;
  }

  // The id that the trace used, if it is free by then; else the lowest that is.
  SlotId free_id(SlotId wanted, const std::vector<const SlotChange*>& deleted) {
    if (freed_.empty()) {
      for (const SlotChange* went : deleted) freed_.insert(id_at(now_, went->slot.gpa));
    }
    const auto is_free = [&](SlotId id) {
      return (!now_.find(id) || freed_.count(id) > 0) && used_.count(id) == 0;
    };
    for (SlotId lowest{0}; !is_free(wanted); ++lowest.value) wanted = lowest;
    used_.insert(wanted);
    return wanted;
  }

  const SlotMap& now_;
  std::vector<PlannedCall> calls_;
  std::set<SlotId> freed_, used_;
};

}  // namespace

SlotId id_at(const SlotMap& slots, Gpa gpa) {
  const Slot* slot = slots.overlapping({gpa, gpa + Bytes{1}});
  assert(slot && slot->gpa == gpa);
  return slot->id;
}

std::vector<PlannedCall> plan_slots(const std::vector<SlotChange>& before,
                                    const std::vector<SlotChange>& after, const SlotMap& now) {
  return Planner(now).plan(before, after);
}

}  // namespace slotscope
