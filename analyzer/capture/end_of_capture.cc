#include "analyzer/capture/end_of_capture.h"

namespace slotscope {

void EndOfCapture::target_ended() {
  target_ended_ = true;
  over_ = target_ == Target::process;
}

void EndOfCapture::look(WatchedKernel& kernel) {
  if (!target_ended_ || over_) return;
  child_.reset();
  holder_.reset();
  const uint64_t forks = kernel.forks();
  for (const WatchedProcess& process : kernel.processes()) {
    if (!kernel.lives(process)) continue;
    child_ = process.pid;
    return;
  }
  holder_ = kernel.holder();
  if (holder_) return;
  // A child that came while its parent was asked for may have been left out above.
  over_ = kernel.forks() == forks;
}

}  // namespace slotscope
