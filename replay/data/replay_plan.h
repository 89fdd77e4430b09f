// What a replay is to issue, as data: replay/ makes it out of a trace and executes it, render/
// prints it, and neither knows the other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/base/range.h"
#include "analyzer/base/units.h"
#include "analyzer/event/call.h"
#include "analyzer/model/update.h"

namespace slotscope {

// One ioctl on one of the plan's machines.
struct Operation {
  enum class Role : uint8_t {
    call,           // a call of the trace
    hidden_delete,  // the trace shows one call where the VMM needed this delete before it
    setup,          // a slot that was there when the capture began: issued first, not measured
  };
  static constexpr uint32_t no_memfd = UINT32_MAX;

  Gpa gpa;
  Bytes size;       // as passed: 0 asks for a delete
  Bytes host;       // userspace_addr, as an offset in the scratch reservation
  Bytes slot_size;  // of the slot that it creates, changes or deletes
  Bytes guest_memfd_offset;
  CallNumber call;                         // 0 for setup
  CommitId commit;                         // of its VM
  std::optional<Nanos> start;              // entry into the ioctl, since the plan's first
  std::optional<Nanos> recorded_duration;  // of the trace's call
  uint32_t flags = 0;
  int32_t recorded = 0;             // the trace's result
  int32_t predicted = 0;            // what the rules say for this host
  bool certain = true;              // whether the prediction rests on the trace alone
  uint32_t machine = 0;             // index in Plan::machines
  uint32_t guest_memfd = no_memfd;  // index in Plan::memfds
  AsId as;                          // on the machine
  SlotId slot;
  UpdateKind kind = UpdateKind::rejected;  // predicted
  Role role = Role::call;
};

// A VM that the replay creates: one of the trace's, or one address space of it.
struct Machine {
  VmId vm;
  std::optional<AsId> only;  // --split-address-spaces: what is its address space 0 was this one
};

struct MemfdFile {
  uint32_t machine = 0;
  Bytes size;
};

// A part of the scratch reservation that slots name.
struct ScratchRange {
  Bytes offset, size;
};

enum class LeftOutReason : uint8_t {
  host_dependent,    // its error came from the VMM's host (ENOMEM, its address width)
  no_address_space,  // EINVAL where no call shows that the recorded KVM has this address space
  argument_unread,   // EFAULT: KVM could not read what it asks for
  slot_not_shown,    // it needs a slot that the trace never shows being created
  depends_on_left_out,
  host_address,  // no scratch memory can stand for its host address
  too_costly,    // KVM must refuse it; a kernel that does not would pay with all its memory
};
const char* left_out_text(LeftOutReason reason);

struct LeftOut {
  CallNumber call;
  LeftOutReason reason;
  int32_t recorded = 0;
};

struct Plan {
  std::vector<Machine> machines;
  std::vector<MemfdFile> memfds;
  std::vector<Operation> operations;
  std::vector<LeftOut> left_out;
  Bytes reservation;                  // of scratch address space, from a 1 GiB boundary on
  std::vector<ScratchRange> backing;  // what of it slots name: ascending, disjoint
  Bytes metadata_peak;  // kernel memory for slots, at most, even if refused calls get through
  bool lost_events = false;
  bool cut_off = false;  // the trace: what came later is not in the plan
  bool has_times = false;

  Bytes backing_size() const {
    Bytes sum{0};
    for (const ScratchRange& range : backing) sum += range.size;
    return sum;
  }
  AsId recorded_as(const Operation& op) const { return machines[op.machine].only.value_or(op.as); }
};

}  // namespace slotscope
