#include "analyzer/rewrite/slot_steps.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "analyzer/model/predict.h"

namespace slotscope {
namespace {

auto memory_of(const Slot* slot) {
  return std::tuple(slot->hva, slot->size, slot->flags & ~slot_flag::log_dirty);
}
bool by_memory(const Slot* a, const Slot* b) { return memory_of(a) < memory_of(b); }

struct Move {
  const Slot* from;
  const Slot* to;
};

// Both sides without the slots that stay in place.
struct Leftover {
  std::vector<const Slot*> before, after;
};

class Planner {
 public:
  explicit Planner(const SlotMap& now) : now_(now) {}

  std::vector<SlotStep> steps(const std::vector<Slot>& before, const std::vector<Slot>& after) {
    Leftover left = plan_in_place(before, after);
    std::vector<Move> moves = take_moves(left);
    // A move into a place that is still taken waits for its slot to go.
    std::vector<Move> late = order_moves(moves, left);
    for (const Move& move : late) {
      left.before.push_back(move.from);
      left.after.push_back(move.to);
    }
    for (const Slot* went : left.before) {
      add(UpdateKind::del, *went, id_at(now_, went->gpa));
    }
    for (const Move& move : moves) {
      add(UpdateKind::move, *move.to, id_at(now_, move.from->gpa));
    }
    for (const Slot* came : left.after) {
      add(UpdateKind::create, *came, free_id(came->id, left.before));
    }
    return std::move(steps_);
  }

 private:
  void add(UpdateKind kind, const Slot& slot, SlotId id) {
    steps_.push_back({kind, slot});
    steps_.back().slot.id = id;
  }

  Leftover plan_in_place(const std::vector<Slot>& before, const std::vector<Slot>& after) {
    Leftover left;
    auto came = after.begin();
    for (const Slot& went : before) {
      while (came != after.end() && came->gpa < went.gpa) left.after.push_back(&*came++);
      const bool here = came != after.end() && came->gpa == went.gpa;
      if (here && came->identical(went)) {
        ++came;
      } else if (here && one_call_apart(went, *came)) {
        add(UpdateKind::flags, *came, id_at(now_, went.gpa));
        ++came;
      } else {
        left.before.push_back(&went);
      }
    }
    for (; came != after.end(); ++came) left.after.push_back(&*came);
    return left;
  }

  std::vector<Move> take_moves(Leftover& left) {
    std::vector<const Slot*> before = left.before, after = left.after;
    std::stable_sort(before.begin(), before.end(), by_memory);
    std::stable_sort(after.begin(), after.end(), by_memory);
    std::vector<Move> moves;
    std::set<const Slot*> taken;
    for (auto b = before.begin(), a = after.begin(); b != before.end() && a != after.end();) {
      if (by_memory(*b, *a)) {
        ++b;
      } else if (by_memory(*a, *b)) {
        ++a;
      } else {
        if (one_call_apart(**b, **a)) {
          moves.push_back({*b, *a});
          taken.insert({*b, *a});
        }
        ++b, ++a;
      }
    }
    const auto moved = [&](const Slot* slot) { return taken.count(slot) > 0; };
    std::erase_if(left.before, moved);
    std::erase_if(left.after, moved);
    return moves;
  }

  // Puts `moves` into an order in which each finds its place free; what is left in a ring comes
  // back and has to be deleted and created.
  std::vector<Move> order_moves(std::vector<Move>& moves, const Leftover& left) const {
    if (moves.empty()) return {};
    SlotMap there = now_;
    for (const Slot* went : left.before) {
      there.erase(there.find(id_at(there, went->gpa)));
    }
    std::vector<Move> ordered, open = moves;
    std::map<Gpa, std::vector<Move>> waiting;  // by the place of a slot that has to go first
    for (size_t next = 0; next < open.size(); ++next) {
      const Move move = open[next];
      Slot slot = *there.find(id_at(there, move.from->gpa));
      const Slot* blocker = there.overlapping(move.to->range(), there.find(slot.id));
      if (blocker) {
        waiting[blocker->gpa].push_back(move);
        continue;
      }
      slot.gpa = move.to->gpa;
      slot.flags = move.to->flags;
      there.replace(slot);
      ordered.push_back(move);
      const auto freed = waiting.extract(move.from->gpa);
      if (freed) open.insert(open.end(), freed.mapped().begin(), freed.mapped().end());
    }
    moves.swap(ordered);
    std::vector<Move> stuck;
    for (const auto& [place, blocked] : waiting) {
      stuck.insert(stuck.end(), blocked.begin(), blocked.end());
    }
    return stuck;
  }

  // The id that the trace used, if it is free by then; else the lowest that is.
  SlotId free_id(SlotId wanted, const std::vector<const Slot*>& deleted) {
    if (freed_.empty()) {
      for (const Slot* went : deleted) freed_.insert(id_at(now_, went->gpa));
    }
    const auto is_free = [&](SlotId id) {
      return (!now_.find(id) || freed_.count(id) > 0) && used_.count(id) == 0;
    };
    // None below the last one found becomes free again.
    for (; !is_free(wanted); ++lowest_.value) wanted = lowest_;
    used_.insert(wanted);
    return wanted;
  }

  const SlotMap& now_;
  std::vector<SlotStep> steps_;
  std::set<SlotId> freed_, used_;
  SlotId lowest_{0};
};

}  // namespace

SlotId id_at(const SlotMap& slots, Gpa gpa) {
  const Slot* slot = slots.overlapping({gpa, gpa + Bytes{1}});
  assert(slot && slot->gpa == gpa);
  return slot->id;
}

std::vector<SlotStep> slot_steps(const std::vector<Slot>& before, const std::vector<Slot>& after,
                                 const SlotMap& now) {
  return Planner(now).steps(before, after);
}

}  // namespace slotscope
