// What one commit did to the slots of one VM: a value that never changes once it is made. It knows
// the commit's calls by their order only, so that equal commits have equal effects.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analyzer/model/update.h"

namespace slotscope {

// A call's place in its commit, from 0, counting the calls that did something.
using CallIndex = uint32_t;

// One side of an update: the slot that went or the one that came.
struct Side {
  Slot slot;
  CallIndex call = 0;
  UpdateKind kind = UpdateKind::create;
  bool came = false;
  bool deleted = false;  // it went by a delete, shown or hidden: it was unmapped for a while
};

// The share of one address space.
struct SpaceEffect {
  AsId as;
  // Every update, in the order of the calls.
  std::span<const Side> gone, come;
  // The effect: slots of the commit's start that it took away, and slots of its end that it
  // brought; by gpa.
  std::span<const Side> before, after;
};

class CommitEffect {
 public:
  // The sides of the updates in the order of the calls; of an update that has both, what went
  // comes first.
  explicit CommitEffect(std::vector<Side> updates);
  CommitEffect() = default;
  // A part of a larger effect: the sides are those of a start and an end already, by gpa.
  static CommitEffect of_part(std::vector<Side> sides);

  CommitEffect(CommitEffect&&) noexcept = default;
  CommitEffect& operator=(CommitEffect&&) noexcept = default;
  CommitEffect(const CommitEffect&) = delete;  // the spans point into it
  CommitEffect& operator=(const CommitEffect&) = delete;

  bool empty() const { return updates_.empty(); }
  // The address spaces that changed, in the order of their ids.
  std::span<const SpaceEffect> spaces() const { return spaces_; }
  // Both sides of the effect, space by space, what went before what came.
  std::span<const Side> sides() const { return effect_.empty() ? updates_ : effect_; }
  // Both sides of every update, likewise.
  std::span<const Side> updates() const { return updates_; }
  // The side of an update that is all there is; nullptr when there is more.
  const Side* only_side() const { return updates_.size() == 1 ? updates_.data() : nullptr; }

  // Empty where the commit left that address space alone.
  const SpaceEffect& space(AsId as) const;
  const SpaceEffect& normal_space() const { return space(AsId{0}); }
  const SpaceEffect& smm_space() const { return space(AsId{1}); }

 private:
  void find_spaces();
  bool is_settled() const;
  void settle(SpaceEffect& space);

  std::vector<Side> updates_;  // by address space, then what went, then what came
  std::vector<Side> effect_;   // likewise, by gpa; empty where the updates are in that order
  std::vector<SpaceEffect> spaces_;
};

}  // namespace slotscope
