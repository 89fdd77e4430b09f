// What the kernel holds now, of VMs that run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/views/memory_map.h"

namespace slotscope {

struct LiveSpace {
  SpaceMap map;
  uint64_t generation = 0;
  uint32_t internal_slots = 0;  // KVM's own, which are not in the map
  bool one_state = true;        // false: slots changed while they were read, each time
  bool complete = true;         // false: there were too many
};

struct LiveVm {
  VmId vm;
  Pid pid;
  std::string command;
  std::vector<LiveSpace> spaces;
};

}  // namespace slotscope
