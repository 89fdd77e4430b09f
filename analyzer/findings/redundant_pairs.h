// Slots that were deleted and created again exactly as they were. Nobody needed a redundant pair;
// a restored pair made room for something else in between.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "analyzer/findings/largest.h"
#include "analyzer/findings/slot_history.h"
#include "analyzer/model/gpa_order.h"
#include "analyzer/model/model.h"

namespace slotscope {

struct SlotPair {
  Slot slot;
  CallSpan calls;             // the delete and the create
  std::optional<Nanos> away;  // from one's return to the other's
  bool uncertain = false;
};

enum class PairKind : uint8_t {
  redundant,  // nothing touched the range between
  restored,
};

// A slot that comes and goes.
struct Flapping {
  Slot slot;
  CallSpan calls;  // the first delete to the last create
  uint64_t redundant = 0, restored = 0;
  std::optional<Nanos> period = {};  // from delete to delete, on average
  bool uncertain = false;
  uint64_t round_trips() const { return redundant + restored; }
};

struct PairFindings {
  uint64_t redundant = 0, restored = 0;
  Bytes redundant_bytes;   // torn down by the redundant pairs
  uint64_t forgotten = 0;  // deleted slots whose return would go unseen: there were too many
  uint64_t flapping = 0;   // slots with two round trips or more
  std::vector<SlotPair> largest_redundant, largest_restored;
  std::vector<Flapping> most_flapping;
};

using OnPair = std::function<void(PairKind, const SlotPair&)>;

class RedundantPairsBuilder {
 public:
  void add(const Step& step, bool uncertain);
  // Optional: called for each pair, within the add() of its create.
  void on_pair(OnPair call) { on_pair_ = std::move(call); }
  PairFindings finish() const;

 private:
  using State = SlotHistory::State;

  // The ranges of waiting slots: disjoint, because two slots that overlap never lived together and
  // the later one's create ended the earlier one's waiting.
  class Waiting {
   public:
    void insert(Gpa gpa, SlotHistories::Ref history);
    void erase(Gpa gpa) { order_.erase(gpa); }
    // Of one that overlaps `range`, or SlotHistories::none.
    SlotHistories::Ref overlapping(GpaRange range, SlotHistories& histories) const;

   private:
    GpaOrder order_;
  };

  Waiting& waiting(AsId as) { return as.value < 2 ? near_[as.value] : far_[as]; }
  void deleted(const Slot& slot, const Step& step, bool uncertain);
  void created(const Slot& slot, const Step& step, bool uncertain);
  void came_back(SlotHistory& history, const Step& step, bool uncertain);
  void touched(AsId as, GpaRange range);
  void forget(const SlotHistory& history);

  static uint64_t pair_weight(const SlotPair& pair) { return pair.slot.size.value; }
  static std::pair<uint64_t, Bytes> flapping_weight(const Flapping& one) {
    return {one.round_trips(), one.slot.size};
  }
  using LargestFlapping = Largest<Flapping, flapping_weight>;
  static void offer(LargestFlapping& into, const SlotHistory& history);

  SlotHistories histories_;
  Waiting near_[2];
  std::map<AsId, Waiting> far_;
  PairFindings totals_;
  Largest<SlotPair, pair_weight> redundant_, restored_;
  LargestFlapping forgotten_flapping_;
  OnPair on_pair_;
};

}  // namespace slotscope
