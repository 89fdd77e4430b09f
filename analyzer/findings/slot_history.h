// The slots that were ever deleted, by identity: what a later create is compared with.
//
// Memory is bounded: identities live in two generations, and when the younger is full the older is
// dropped. A guest has tens of them; only one that shows ever new addresses loses any.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "analyzer/commits/evidence.h"
#include "analyzer/model/slot.h"

namespace slotscope {

struct SlotHistory {
  enum class State : uint8_t {
    live,     // created again since the last delete
    waiting,  // deleted, and nothing has touched its range since
    used,     // deleted, and something has
  };

  Slot slot;
  CallNumber deleted_by = {};  // the last one
  std::optional<Nanos> deleted_at = {};
  CallSpan calls = {};                 // the first delete to the last create
  std::optional<Nanos> first_at = {};  // of the first delete
  uint64_t deletes = 0;
  uint64_t redundant = 0, restored = 0;  // of the deletes, how many were undone, and how
  State state = State::live;
  bool uncertain = false;
  uint64_t round_trips() const { return redundant + restored; }
};

class SlotHistories {
 public:
  // As many as KVM lets a VM have in both address spaces.
  static constexpr size_t generation_size = size_t{1} << 16;
  using Ref = uint32_t;
  static constexpr Ref none = UINT32_MAX;

  SlotHistory& operator[](Ref ref) { return generations_[ref & 1].histories[ref >> 1]; }

  // Of the identical slot, or `none`. A reference holds until the next find_or_add.
  Ref find(const Slot& slot) const;

  // Adds an empty history if there is none. When that fills a generation, forget(history) is called
  // for each one that is dropped, and references to those become invalid.
  template <class Forget>
  Ref find_or_add(const Slot& slot, Forget forget) {
    const uint64_t hash = hash_of(slot);
    const Ref young = find_in(young_, slot, hash);
    if (young != none) return young;
    SlotHistory history{.slot = slot};
    // What is in use moves on to the younger generation, so that only the unused is dropped.
    const Ref old = find_in(young_ ^ 1, slot, hash);
    if (old != none) history = std::exchange((*this)[old], SlotHistory{});
    if (generations_[young_].histories.size() == generation_size) {
      young_ ^= 1;
      for (const SlotHistory& dropped : generations_[young_].histories) forget(dropped);
      generations_[young_].clear();
    }
    return add(history, hash);
  }

  template <class Visit>
  void for_each(Visit visit) const {
    for (const Generation& generation : generations_) {
      for (const SlotHistory& history : generation.histories) visit(history);
    }
  }

 private:
  struct Generation {
    std::vector<SlotHistory> histories;
    std::vector<Ref> places;  // open hash table of indices into it, at most half full

    void clear();
  };

  static uint64_t hash_of(const Slot& slot);
  Ref find_in(uint32_t generation, const Slot& slot, uint64_t hash) const;
  Ref add(const SlotHistory& history, uint64_t hash);
  static void grow(Generation& generation);

  Generation generations_[2];
  uint32_t young_ = 0;
};

}  // namespace slotscope
