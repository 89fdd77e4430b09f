// The calls of the commit that is being read.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "analyzer/commits/commit_effect.h"
#include "analyzer/commits/evidence.h"
#include "analyzer/model/model.h"

namespace slotscope {

class OpenCommit {
 public:
  // As many as delete and create every slot that KVM lets an address space have. What a trace marks
  // as a longer one is looked at in pieces of this length.
  static constexpr size_t longest = 2 * 32764;

  // A call that did something, and those after it that did nothing.
  struct Entry {
    CallNumber number;
    std::optional<Nanos> time;      // at its return
    std::optional<Nanos> duration;  // of all of them, as far as it is known
    StackId stack;
    uint64_t calls = 1;
  };

  void begin(const Step& step);
  void add(const Step& step);
  void clear();

  CommitId commit() const { return commit_; }
  Tid tid() const { return tid_; }          // of the first call
  StackId stack() const { return stack_; }  // likewise
  bool empty() const { return calls_ == 0; }
  bool full() const { return entries_.size() >= longest; }
  uint64_t calls() const { return calls_; }
  CallSpan span() const { return {first_, last_}; }
  // In the calls whose duration is known.
  std::optional<Nanos> time_in_calls() const { return time_; }

  // By CallIndex. Calls that did nothing before any that did something belong to the first.
  const std::vector<Entry>& entries() const { return entries_; }
  // The entry that `call`, one of this commit, belongs to.
  CallIndex entry_of(CallNumber call) const;

  // What the entries did, as far as it is shared with others; equal sequences have equal effects.
  // Not when some entry's transition is its own.
  const std::vector<const Transition*>& sequence() const { return sequence_; }
  bool is_shared() const { return own_.empty() && kept_.size() <= 1; }
  // Who keeps the sequence's transitions valid; nullptr for an empty sequence.
  const TransitionMemo::Kept* keeper() const {
    return kept_.empty() ? nullptr : kept_.front().get();
  }
  std::shared_ptr<const TransitionMemo::Kept> share_keeper() const {
    return kept_.empty() ? nullptr : kept_.front();
  }
  uint64_t hash() const { return hash_; }  // of the sequence

  CommitEffect effect() const;

 private:
  const Transition* lasting(const Step& step);

  CommitId commit_;
  Tid tid_;
  StackId stack_;
  CallNumber first_, last_;
  uint64_t calls_ = 0;
  uint64_t leading_ = 0;  // calls that did nothing, before the first entry
  std::optional<Nanos> time_, leading_time_;
  std::vector<Entry> entries_;
  std::vector<const Transition*> sequence_;
  uint64_t hash_ = 0;
  std::vector<std::unique_ptr<const Transition>> own_;
  std::vector<std::shared_ptr<const TransitionMemo::Kept>> kept_;
};

}  // namespace slotscope
