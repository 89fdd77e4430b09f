// From the records of the BPF programs to events. Pure: it is tested from recorded bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/event/event.h"
#include "probes/stack_sample.h"
#include "probes/vm_ordinals.h"

struct wire_ioctl;

namespace slotscope {

// One address space of one VM as the kernel held it.
struct SpaceSnapshot {
  VmId vm;
  Pid pid;
  std::string command;  // the process's name, as ps shows it
  AsId as;
  uint16_t address_spaces = 1;  // that the VM has
  uint64_t generation = 0;      // raised by address_spaces with every swap of slots
  Nanos begin, end;
  bool last_look = false;        // taken because the process ends
  bool one_state = true;         // no swap while it was taken
  bool complete = true;          // no slot is missing
  uint32_t internal_slots = 0;   // KVM's own: TSS, identity map, APIC access page
  std::vector<Call> slots = {};  // as calls of Origin::snapshot, by gpa

  bool usable() const { return one_state && complete; }
};

using Observation = std::variant<Event, SpaceSnapshot>;

// Host facts that the records don't carry.
struct HostLimits {
  uint32_t user_slots = 32764;  // KVM_CAP_NR_MEMSLOTS; ids from there on are KVM's own
  uint32_t page_size = 4096;
};

class Decoder {
 public:
  // `stacks` unwinds what is copied with --stacks, and outlives the decoder.
  explicit Decoder(const HostLimits& limits, StackResolver* stacks = nullptr)
      : limits_(limits), resolver_(stacks) {}

  // Appends what the record tells, which may be nothing yet: a snapshot comes as many records.
  Status decode(std::span<const std::byte> record, std::vector<Observation>& out);

  // A process is gone, and its VMs with it; nothing when its end has been told.
  void process_gone(Pid pid, Nanos time, std::vector<Observation>& out);

  // Which phases the programs time: a bit for each Phase.
  void set_measured_phases(uint8_t phases) { measured_phases_ = phases; }

  // What a VM's vCPUs have paid up to the end, when no call comes any more that would tell.
  void finish_cost(KvmKey kvm, const GuestCost& total, Nanos time, std::vector<Observation>& out);

  // Losses that no record has told because none came after them. `lost`: the kernel's counter.
  void finish(uint64_t lost, std::vector<Observation>& out);

  uint64_t lost() const { return lost_; }

 private:
  struct Commit {
    uint64_t begin_ns = 0;
    CommitId id;
    bool open = false;
    Tid tid;
  };

  void note_loss(uint64_t lost, std::vector<Observation>& out);
  Status decode_ioctl(std::span<const std::byte> record, std::vector<Observation>& out);
  Status decode_space_begin(std::span<const std::byte> record);
  Status decode_slot(std::span<const std::byte> record);
  Status decode_space_end(std::span<const std::byte> record, std::vector<Observation>& out);
  Status decode_process_exit(std::span<const std::byte> record, std::vector<Observation>& out);
  Status decode_vm_closed(std::span<const std::byte> record, std::vector<Observation>& out);
  void tell_end(VmId vm, Pid pid, Nanos time, std::vector<Observation>& out);
  void tell_unread(const wire_ioctl& record, VmId vm, std::vector<Observation>& out);
  VmId vm_called(KvmKey kvm, Pid pid, int32_t ret);
  Status decode_stack(std::span<const std::byte> record);
  StackId stack_of(Tid tid, uint64_t entry_ns);
  Status decode_commit_end(std::span<const std::byte> record, std::vector<Observation>& out);
  Status decode_phases(std::span<const std::byte> record, std::vector<Observation>& out);
  Status decode_guest_cost(std::span<const std::byte> record, std::vector<Observation>& out);
  void tell_cost(VmId vm, const GuestCost& total, Nanos time, std::vector<Observation>& out);
  void decode_note(const wire_ioctl& record, VmId vm, std::vector<Observation>& out);
  void tell_request(const wire_ioctl& record, VmId vm, std::vector<Observation>& out);
  CommitId commit_of(const Call& call, uint64_t begin_ns, std::vector<Observation>& out);

  struct PendingStack {
    uint64_t entry_ns = 0;
    StackId id;
  };

  struct CostState {
    GuestCost told;           // what was paid before the newest call began
    bool after_call = false;  // before the first call nobody is to blame
  };

  HostLimits limits_;
  StackResolver* resolver_;
  uint8_t measured_phases_ = 0;
  std::map<VmId, CostState> costs_;
  std::map<Tid, PendingStack> stacks_;  // of calls that have not returned
  VmOrdinals vms_;
  uint64_t lost_ = 0;
  std::map<VmId, Commit> commits_;
  std::map<VmId, uint32_t> requests_;  // of the VM's newest call
  // Two processors may take snapshots at a time: their records interleave.
  std::map<std::pair<KvmKey, AsId>, SpaceSnapshot> snapshots_;
};

}  // namespace slotscope
