// The running kernel's answers, from the maps of the programs, /proc and an iterator over files.
#pragma once

#include "probes/slot_reader.h"
#include "probes/watched_kernel.h"

namespace slotscope {

class LiveKernel : public WatchedKernel {
 public:
  // Maps by their descriptors; `slots`: nullptr where the kernel's files can't be read. All of them
  // outlive this.
  LiveKernel(int followed, int forks, const SlotReader* slots)
      : followed_(followed), forks_(forks), slots_(slots) {}

  uint64_t forks() override;
  std::vector<WatchedProcess> processes() override;
  bool lives(const WatchedProcess& process) override;
  std::optional<Pid> holder() override;

 private:
  int followed_;
  int forks_;
  const SlotReader* slots_;
};

}  // namespace slotscope
