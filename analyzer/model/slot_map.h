// The memslots of one address space. Invariants: ids are unique, ranges are not empty, do not wrap
// and do not overlap.
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/model/gpa_order.h"
#include "analyzer/model/id_table.h"
#include "analyzer/model/slot.h"

namespace slotscope {

class SlotMap {
 public:
  enum class Knowledge : uint8_t { present, absent, never_seen };

  // nullptr when the slot is not there; valid until the map changes.
  const Slot* find(SlotId id) const;
  Knowledge knowledge(SlotId id) const;

  // The lowest slot that overlaps `range`, other than `except`; nullptr when there is none.
  const Slot* overlapping(GpaRange range, const Slot* except = nullptr) const;

  // The slots outside `range` that touch its ends; nullptr when there is none.
  struct Neighbours {
    const Slot* below = nullptr;
    const Slot* above = nullptr;
  };
  Neighbours neighbours(GpaRange range) const;

  // The caller has made sure that the id and the range are free.
  void insert(const Slot& slot);
  void erase(const Slot* slot);  // as find() or overlapping() gave it
  void set_absent(SlotId id);    // the trace tells that there is no such slot
  // Same id, size and hva: another gpa or flags. The range must be free but for the slot itself.
  void replace(const Slot& slot);

  size_t count() const { return count_; }
  Bytes mapped() const { return mapped_; }

  // Calls visit(const Slot&) for each slot, lowest gpa first.
  template <class Visit>
  void for_each(Visit visit) const {
    for (auto p = order_.begin(); p != order_.end(); p = order_.next(p)) {
      visit(slots_[order_[p].index]);
    }
  }

 private:
  GpaOrder order_;
  IdTable ids_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;  // unused places of slots_
  size_t count_ = 0;
  Bytes mapped_;
};

}  // namespace slotscope
