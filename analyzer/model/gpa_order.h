// The slots of one address space in the order of their guest physical addresses.
//
// Two levels of sorted blocks: a guest has ten slots (one block, no tree to walk), KVM allows
// 32764 (about 700 blocks, whose first addresses are one binary search in a few cache lines).
// A node-based tree costs an allocation and several cache misses for every create.
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/base/units.h"

namespace slotscope {

class GpaOrder {
 public:
  struct Entry {
    Gpa gpa;
    uint32_t index;  // of the slot in its owner's storage
  };

  struct Position {
    size_t block = 0, at = 0;
    bool operator==(const Position&) const = default;
  };

  void insert(Gpa gpa, uint32_t index);
  void erase(Gpa gpa);

  Position begin() const { return {}; }
  Position end() const { return {blocks_.size(), 0}; }
  Position lower_bound(Gpa gpa) const;  // the first entry at or above gpa
  Position next(Position p) const;
  Position previous(Position p) const;  // p != begin()
  const Entry& operator[](Position p) const { return blocks_[p.block][p.at]; }

 private:
  using Block = std::vector<Entry>;
  size_t block_of(Gpa gpa) const;  // the block that holds gpa, or would

  std::vector<Block> blocks_;  // none is empty
  std::vector<Gpa> firsts_;    // firsts_[i] == blocks_[i].front().gpa
};

}  // namespace slotscope
