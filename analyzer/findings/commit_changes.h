// What one commit did to the slots of one VM: collected call by call, then looked at as a whole.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <vector>

#include "analyzer/findings/evidence.h"
#include "analyzer/model/model.h"

namespace slotscope {

// One side of an update: the slot that went or the one that came.
struct SlotChange {
  Slot slot;
  CallNumber call;
  std::optional<Nanos> time;  // at the call's return
  UpdateKind kind = UpdateKind::create;
  bool deleted = false;  // it went by a delete, shown or hidden: it was unmapped for a while
  StackId stack;         // of the call
};

// One address space's share of a commit.
class SpaceChanges {
 public:
  void add(const Step& step);
  void clear();
  // Parts of an effect, each side by gpa.
  void add_before(const SlotChange& change) { gone_.push_back(change); }
  void add_after(const SlotChange& change) { come_.push_back(change); }

  bool empty() const { return gone_.empty() && come_.empty(); }
  size_t size() const { return gone_.size() + come_.size(); }

  // Every update, in the order of the calls.
  const std::vector<SlotChange>& gone() const { return gone_; }
  const std::vector<SlotChange>& come() const { return come_; }

  // The commit's effect: slots of its start that it took away, and slots of its end that it
  // brought; by gpa. Valid until the next add().
  void settle();
  const std::vector<SlotChange>& before() const { return settled_ ? before_ : gone_; }
  const std::vector<SlotChange>& after() const { return settled_ ? after_ : come_; }

 private:
  void cancel_within();

  std::vector<SlotChange> gone_, come_;
  std::vector<SlotChange> before_, after_;
  bool mixed_ = false;    // something went after something had come: both may be one slot
  bool ordered_ = true;   // gone_ and come_ ascend in gpa, as QEMU's own commits do
  bool settled_ = false;  // before_ and after_ are in use
};

class CommitChanges {
 public:
  // As many as delete and create every slot that KVM lets an address space have. What a trace marks
  // as a longer one is looked at in pieces of this length.
  static constexpr size_t longest = 2 * 32764;

  void add(const Step& step);
  void settle();
  void clear();
  // Makes this a part of a settled commit: of its effect, one side of a slot after another by gpa.
  void add_part(const SlotChange& change, bool came);

  CommitId commit() const { return commit_; }
  CallSpan calls() const { return calls_; }
  size_t size() const { return size_; }  // updates
  // The side of an update that is all there is; nullptr when there is more, or a slot has both.
  const SlotChange* only_change() const;
  // In the order of their ids; only those that the commit changed.
  template <class Visit>
  void for_each_space(Visit visit) const {
    for (size_t i = 0; i < near_.size(); ++i) {
      if (!near_[i].empty()) visit(AsId{static_cast<uint16_t>(i)}, near_[i]);
    }
    for (const auto& [as, space] : far_) visit(as, space);
  }
  // Calls visit(const SlotChange&, bool came) for both sides of the effect, in one order.
  template <class Visit>
  void for_each_effect(Visit visit) const {
    for_each_space([&](AsId, const SpaceChanges& space) {
      for (const SlotChange& change : space.before()) visit(change, false);
      for (const SlotChange& change : space.after()) visit(change, true);
    });
  }
  const SpaceChanges& normal_space() const { return near_[0]; }
  const SpaceChanges& smm_space() const { return near_[1]; }

 private:
  std::array<SpaceChanges, 2> near_;  // the two address spaces that x86 has
  std::map<AsId, SpaceChanges> far_;  // whatever else a trace claims
  CommitId commit_;
  CallSpan calls_;
  size_t size_ = 0;
};

}  // namespace slotscope
