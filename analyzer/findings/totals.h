// What a trace adds up to: calls and updates per VM and address space, peaks, and how far the
// model and the recorded results agree.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "analyzer/event/event.h"
#include "analyzer/findings/largest.h"
#include "analyzer/model/model.h"

namespace slotscope {

struct UpdateCounts {
  uint64_t create = 0, del = 0, move = 0, flags = 0, no_change = 0, rejected = 0;
  uint64_t implicit_delete = 0;  // creates that hide a delete; not calls of their own
};

uint64_t& count_of(UpdateCounts& counts, UpdateKind kind);

struct SpaceTotals {
  AsId as;
  uint64_t calls = 0;
  UpdateCounts updates;
  uint64_t slots_peak = 0, slots_final = 0;
  Bytes mapped_final;
  Bytes metadata_peak;                 // kernel memory of the slots, by the kernel profile
  std::optional<Nanos> time_in_calls;  // of the calls whose duration is known
};

// A call that KVM answered otherwise than its rules say.
struct Disagreement {
  CallNumber call;
  int32_t recorded = 0, predicted = 0;
};

struct RejectedCall {
  CallNumber call;
  int32_t ret = 0;
  SlotId slot;
  Gpa gpa;
  Bytes size;  // 0: it asked for a delete
};

struct VmTotals {
  VmId vm;
  Pid pid;
  uint64_t calls = 0;
  uint64_t commits = 0;  // those that changed a slot
  bool commits_recorded = false;
  uint64_t learnt_slots = 0;  // there before the trace began, known only from a later call
  CallNumber last_call;
  uint64_t rejected = 0;
  std::optional<RejectedCall> first_rejected;
  uint64_t disagreements = 0;
  std::vector<Disagreement> first_disagreements;  // at most `shown_disagreements`
  std::vector<SpaceTotals> spaces;

  static constexpr size_t shown_disagreements = most_listed;
};

struct LossTotals {
  uint64_t events = 0;                    // a loss of unknown size counts as one
  std::optional<CallNumber> first_after;  // the first loss came after this call
  std::array<uint64_t, 3> by_reason{};    // events, by Loss::Reason
};

struct Totals {
  uint64_t calls = 0;
  std::optional<Nanos> first, last;  // times of the first and the last call
  // The clock went back at this call: no difference of times from before to after means anything.
  std::optional<CallNumber> clock_step;
  LossTotals lost;
  std::vector<VmTotals> vms;  // those with calls
};

class TotalsBuilder {
 public:
  // `step` is what the model made of the event.
  void add(const Event& event, const Step* step);

  Totals finish(const Model& model);

 private:
  struct OpenVm {
    VmTotals totals;
    CommitId counted;  // the last commit that changed a slot
    std::map<AsId, SpaceTotals> spaces;
  };

  void add_call(const Step& step);
  void add_loss(const Loss& loss);
  SpaceTotals& space_of(const Step& step);

  Totals totals_;
  std::map<VmId, OpenVm> vms_;
  // The last place a call was counted in; most calls follow one in the same address space.
  const AddressSpace* latest_ = nullptr;
  OpenVm* latest_vm_ = nullptr;
  SpaceTotals* latest_space_ = nullptr;
};

}  // namespace slotscope
