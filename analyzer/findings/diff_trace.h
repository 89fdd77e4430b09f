// A trace as `diff` sees it: what each call did, without slot numbers and host addresses.
#pragma once

#include <map>
#include <vector>

#include "analyzer/event/source.h"
#include "analyzer/findings/edit_script.h"
#include "analyzer/findings/findings.h"
#include "analyzer/findings/totals.h"
#include "analyzer/model/host_regions.h"

namespace slotscope {

struct DiffCall {
  Token token = 0;  // equal tokens did the same
  Slot subject;     // what it created, changed or deleted
  CallNumber call;
  CommitId commit;
  VmId vm;
  UpdateKind kind = UpdateKind::no_change;
  bool mirror = false;  // of an address space 0 call in the same commit
  CauseKind cause = CauseKind::unknown;
};

// One slot of the end.
struct DiffSlot {
  Slot slot;
  uint32_t region = 0;  // of the VMM's memory; its number means nothing in another trace
};

struct SpaceKey {
  VmId vm;
  AsId as;
  auto operator<=>(const SpaceKey&) const = default;
};

struct DiffTrace {
  std::vector<DiffCall> calls;  // in the order of the trace
  std::map<SpaceKey, std::vector<DiffSlot>> final_slots;
  Totals totals;
  std::map<VmId, VmFindings> findings;
};

class DiffTraceBuilder {
 public:
  void add(const Event& event, const Step* step);
  DiffTrace finish(const Model& model);

 private:
  // Host memory by the slot that first showed it: neither addresses nor the order in which
  // unrelated memory appears make a difference.
  class HostNames {
   public:
    Token place(const Slot& slot);
    uint32_t region_of(const Slot& slot) { return regions_.place(slot.hva, {0}).region; }

   private:
    Token named(const HostPlace& place) const;

    HostRegions regions_{HostRegions::Join::overlapping};
    std::vector<Token> names_;  // by ordinal of the region
  };

  VmFindingsBuilder& vm(VmId id);
  void commit_ended(VmId vm, const FinishedCommit& commit);

  DiffTrace trace_;
  TotalsBuilder totals_;
  std::map<VmId, HostNames> hosts_;
  std::map<VmId, std::unique_ptr<VmFindingsBuilder>> vms_;
  std::map<VmId, std::vector<size_t>> open_;  // calls of the VM's open commit
};

}  // namespace slotscope
