// From slot id to where the slot is stored, and whether the trace has shown the id at all.
//
// An open hash table, because ids come from an untrusted trace: an array as long as the largest
// id would let one line of text cost 256 KiB in each address space of each VM.
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/base/units.h"

namespace slotscope {

class IdTable {
 public:
  static constexpr uint32_t never_seen = UINT32_MAX;  // no call has told anything about the id
  static constexpr uint32_t absent = UINT32_MAX - 1;  // known not to exist now

  uint32_t find(SlotId id) const {
    if (entries_.empty()) return never_seen;
    for (size_t i = home(id);; i = (i + 1) & mask()) {
      if (entries_[i].index == never_seen) return never_seen;
      if (entries_[i].id == id) return entries_[i].index;
    }
  }

  // `index` may be `absent`; an id once told is never forgotten.
  void set(SlotId id, uint32_t index) {
    if (2 * (used_ + 1) > entries_.size()) grow();
    Entry& entry = place(id);
    used_ += entry.index == never_seen;
    entry = {index, id};
  }

 private:
  struct Entry {
    uint32_t index = never_seen;
    SlotId id;
  };

  size_t mask() const { return entries_.size() - 1; }
  // Ids are small and dense in practice: the identity spreads them perfectly.
  size_t home(SlotId id) const { return id.value & mask(); }

  Entry& place(SlotId id) {
    size_t i = home(id);
    while (entries_[i].index != never_seen && entries_[i].id != id) i = (i + 1) & mask();
    return entries_[i];
  }

  void grow() {
    std::vector<Entry> old(entries_.empty() ? 8 : 2 * entries_.size());
    old.swap(entries_);
    for (const Entry& entry : old) {
      if (entry.index != never_seen) place(entry.id) = entry;
    }
  }

  std::vector<Entry> entries_;  // a power of two, at most half full
  size_t used_ = 0;
};

}  // namespace slotscope
