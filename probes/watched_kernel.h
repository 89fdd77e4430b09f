// What can be asked about the processes that a capture watches, one question at a time: between two
// questions they go on.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "analyzer/base/units.h"

namespace slotscope {

struct WatchedProcess {
  Pid pid;
  Nanos began;  // since boot; 0: not known. With the number alone it may be another's by now
  bool operator==(const WatchedProcess&) const = default;
};

class WatchedKernel {
 public:
  virtual ~WatchedKernel() = default;

  // How often a watched process has forked so far.
  virtual uint64_t forks() = 0;
  // All that have not ended, perhaps with some that have. One that is forked meanwhile may be
  // missing; then forks() has changed before its parent ends.
  virtual std::vector<WatchedProcess> processes() = 0;
  virtual bool lives(const WatchedProcess& process) = 0;
  // A process, watched or not, that holds the file of a VM of a watched one. Nobody does as far as
  // can be told where the kernel's files can't be read.
  virtual std::optional<Pid> holder() = 0;
};

}  // namespace slotscope
