// When a capture is over: the one place that decides it. What processes and files become is not
// added up from events, some of which may be missed (a full ring, a program that the kernel left
// out), but asked of the kernel when it matters: then no order of events can mislead it.
#pragma once

#include <optional>

#include "probes/watched_kernel.h"

namespace slotscope {

class EndOfCapture {
 public:
  enum class Target : uint8_t {
    everything,  // never over by itself
    process,     // over when it has ended
    command,     // over when its children have ended too and nobody holds a VM of theirs
  };

  explicit EndOfCapture(Target target) : target_(target) {}

  // The command or process itself.
  void target_ended();

  // Asks what is left to be known; nothing before the target has ended.
  void look(WatchedKernel& kernel);

  // Nothing comes any more; what has come may still have to be read.
  bool is_over() const { return over_; }

  // Who keeps it going, as the last look found it.
  std::optional<Pid> child() const { return child_; }
  std::optional<Pid> holder() const { return holder_; }

 private:
  Target target_;
  bool target_ended_ = false;
  bool over_ = false;
  std::optional<Pid> child_, holder_;
};

}  // namespace slotscope
