// What the VMM said between a VM's last call and the next one: a hint at the commit to come.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "analyzer/causes/commit_features.h"
#include "analyzer/event/annotation.h"

namespace slotscope {

class CommitNotes {
 public:
  void add(const Annotation& annotation);
  // A call came: the next notes are about the calls after it.
  void clear() { count_ = 0; }
  // Takes over what `other` holds; most commits have no notes at all.
  void take(CommitNotes& other) {
    if (other.count_ > 0) notes_.swap(other.notes_);
    count_ = std::exchange(other.count_, 0);
    guest_wrote_ = other.guest_wrote_;
  }

  bool empty() const { return count_ == 0; }
  bool guest_wrote() const { return guest_wrote_; }

  // Adds what was said to a commit's features; the note that decided, if one did.
  std::optional<Note> say(Features& features, const CommitEffect& effect) const;

 private:
  // QEMU says at most this much before a commit that follows: a config write and its BARs.
  static constexpr size_t most = 8;

  std::vector<Note> notes_;  // the newest, as a ring of `most`; empty until there are any
  size_t count_ = 0;
  bool guest_wrote_ =
      false;  // a config write was seen: pci_host_config_write_common is the guest's
};

}  // namespace slotscope
