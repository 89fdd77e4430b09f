// A trace as `diff` sees it: what each call did, without slot numbers and host addresses.
#pragma once

#include <map>
#include <vector>

#include "analyzer/diff/edit_script.h"
#include "analyzer/diff/host_alignment.h"
#include "analyzer/event/source.h"
#include "analyzer/findings/completeness.h"
#include "analyzer/findings/findings.h"
#include "analyzer/findings/totals.h"
#include "analyzer/model/host_regions.h"

namespace slotscope {

struct DiffCall {
  Token guest = 0;  // equal where two calls did the same to the guest, whatever the host memory
  Slot subject;     // what it created, changed or deleted
  uint32_t region = HostAddress::nowhere;  // that the subject's memory is of
  CallNumber call;
  CommitId commit;
  VmId vm;
  UpdateKind kind = UpdateKind::no_change;
  bool host_known = true;  // false: it deleted a slot whose memory no call shows
  bool mirror = false;     // of an address space 0 call in the same commit
  CauseKind cause = CauseKind::unknown;
  Confidence confidence = Confidence::low;  // of the cause
};

// One slot of the end.
struct DiffSlot {
  Slot slot;
  uint32_t region = HostAddress::nowhere;
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
  Completeness completeness;
  std::optional<VmId> only;  // the VM it is of, where its calls stand under another number
};

class DiffTraceBuilder {
 public:
  explicit DiffTraceBuilder(const TraceClues& clues = {}) : clues_(clues) {}

  void add(const Event& event, const Step* step);
  DiffTrace finish(const Model& model);
  // The calls of the only VM that was read come under the number that it has in the other trace.
  static void call_it(VmId vm, DiffTrace& trace);

 private:
  // Blocks that overlap are one: that is the VMM's doing, and the same in every run.
  struct Hosts : HostRegions {
    Hosts() : HostRegions(Join::overlapping, SIZE_MAX) {}
  };

  VmFindingsBuilder& vm(VmId id);
  void name_hosts();
  void commit_ended(VmId vm, const FinishedCommit& commit);

  TraceClues clues_;
  DiffTrace trace_;
  TotalsBuilder totals_;
  std::map<VmId, Hosts> hosts_;
  std::map<VmId, std::unique_ptr<VmFindingsBuilder>> vms_;
  std::map<VmId, std::vector<size_t>> open_;  // calls of the VM's open commit
};

}  // namespace slotscope
