// What every address space holds at one point of a trace.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "analyzer/event/event.h"
#include "analyzer/findings/space_shape.h"
#include "analyzer/model/host_regions.h"
#include "analyzer/model/model.h"

namespace slotscope {

struct MappedSlot {
  Slot slot;
  std::optional<HostPlace> host;  // by the region names of `log`; empty in a snapshot of the kernel
};

struct SpaceMap {
  AsId as;
  Bytes mapped;
  std::vector<MappedSlot> slots;  // by gpa
  SpaceShape shape = {};          // of them
};

struct VmMap {
  VmId vm;
  Pid pid;
  CommitId commit;  // of the VM's last call
  bool commits_recorded = false;
  bool learnt = false;  // some slots are known only from calls that proved them
  std::vector<SpaceMap> spaces;
};

struct MemoryMap {
  CallNumber after;                  // the last call that is part of it; 0: none
  std::optional<Nanos> since_first;  // its time since the trace's first call
  uint64_t lost = 0;     // events before this point; what was not seen may have changed any slot
  bool cut_off = false;  // the trace ends here because it is damaged, not because nothing followed
  std::vector<VmMap> vms;
};

class MemoryMapBuilder {
 public:
  void add(const Event& event, const Step* step);
  MemoryMap at_this_point(const Model& model);

 private:
  struct LastCall {
    CommitId commit;
    Pid pid;
  };

  HostRegions regions_;
  std::map<VmId, LastCall> last_;
  std::optional<Nanos> first_, latest_;
  uint64_t lost_ = 0;
};

}  // namespace slotscope
