// Commits of one VM, told from QEMU's flatview_new events: memory_region_transaction_commit renders
// the new views (flatviews_reset in softmmu/memory.c, 5.2 to 10.2) before its listeners issue the
// calls. Views without a call after them (the I/O space, a view that did not change) are normal, so
// a commit begins only with its first call.
#pragma once

#include <optional>

#include "analyzer/event/event.h"

namespace slotscope {

class CommitMarker {
 public:
  // At a flatview_new. Several without a call between them are one boundary, at the first's time.
  void boundary(std::optional<Nanos> time) {
    if (!pending_) time_ = time;
    pending_ = true;
  }

  // The mark to put before the call that comes next, when that call begins a commit.
  std::optional<CommitMark> before_call(VmId vm, Tid tid) {
    if (!pending_) return std::nullopt;
    pending_ = false;
    ++current_.value;
    return CommitMark{
        .time = time_, .commit = current_, .vm = vm, .tid = tid, .edge = CommitMark::Edge::begin};
  }

  // Of the call that comes next, once before_call was asked; 0 before the first boundary.
  CommitId current() const { return current_; }

 private:
  std::optional<Nanos> time_;
  CommitId current_;
  bool pending_ = false;
};

}  // namespace slotscope
