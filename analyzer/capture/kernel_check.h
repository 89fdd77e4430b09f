// Whether what was captured is what the kernel did: its count of swaps (struct kvm_memslots,
// generation) and its slots at the end, against the calls and the model's state.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/model/model.h"
#include "probes/decode.h"

namespace slotscope {

// One address space at the end of the capture.
struct SpaceCheck {
  VmId vm;
  Pid pid;
  AsId as;
  size_t kernel_slots = 0;
  uint32_t internal_slots = 0;
  bool usable = true;  // false: changed while it was read, or too large; nothing was compared
  // Swaps that the kernel did beyond those of the captured calls and of its own slots: calls that
  // were missed, or fewer than none. Unknown without the generation at the start.
  std::optional<int64_t> surplus_swaps;
  uint64_t differing_slots = 0;
  std::string first_difference;  // empty when there is none

  bool agrees() const { return usable && surplus_swaps.value_or(0) == 0 && differing_slots == 0; }
};

class KernelCheck {
 public:
  // Generations of a new VM start from its address spaces' ids (kvm_create_vm).
  void vm_created(VmId vm) { created_.insert(vm); }
  void vm_found(const SpaceSnapshot& at_start);
  void add(const Step& step);

  // `at_end` against the model after the same calls.
  SpaceCheck compare(const SpaceSnapshot& at_end, const Model& model) const;

 private:
  struct Space {
    std::optional<uint64_t> start;  // generation
    uint16_t start_internal = 0;
    uint64_t swaps = 0;     // that the calls did
    uint64_t doubtful = 0;  // that they may have done: a move that the host's limits refused
  };
  using Key = std::pair<VmId, AsId>;

  std::optional<int64_t> surplus(const SpaceSnapshot& at_end) const;

  std::set<VmId> created_;
  std::map<Key, Space> spaces_;
};

}  // namespace slotscope
