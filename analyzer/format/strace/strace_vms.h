// Which VM a file descriptor of a strace line means. strace prints thread ids, and descriptors
// belong to processes, so this follows processes as far as the trace shows them being made.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "analyzer/base/units.h"
#include "analyzer/event/event.h"

namespace slotscope {

// A thread without a clone line in the trace is taken for a thread of the process that has the
// descriptor in question and the greatest id not above its own: ids grow, and a process is older
// than its threads. Lines without a thread id (0) are of the one process that strace follows at
// that time.
//
// A VM ends with the last descriptor of the process that made it, and with that process or its
// program: KVM refuses the memslot ioctls of any other (-EIO, kvm_vm_ioctl() in
// virt/kvm/kvm_main.c).
class StraceVms {
 public:
  struct Target {
    VmId vm;
    Pid pid;  // of the process that the caller belongs to; 0: not known
  };

  // `time` and `events`: here and below, where the marks of VMs that start or end go.
  void created(Tid creator, int32_t fd, std::optional<Nanos> time, EventBatch& events);

  // The VM that a call on `fd` is for. It is a new one if its creation was not seen; no mark then,
  // because what it already holds is unknown.
  Target target_of(Tid caller, int32_t fd);

  void cloned(Tid parent, Tid child, bool is_thread);

  // These answer whether it concerned a VM, or a thread known to belong to a process.
  bool duplicated(Tid caller, int32_t from, int32_t to, std::optional<Nanos> time,
                  EventBatch& events);
  bool closed(Tid caller, int32_t fd, std::optional<Nanos> time, EventBatch& events);
  bool executed(Tid caller, std::optional<Nanos> time, EventBatch& events);
  bool exited(Tid tid, std::optional<Nanos> time, EventBatch& events);

 private:
  struct Descriptor {
    int32_t fd;
    uint32_t process;  // its first thread's id; 0: not known, or the trace shows no ids
    auto operator<=>(const Descriptor&) const = default;
  };
  struct Vm {
    uint32_t process;
    uint64_t descriptors;
  };
  struct Membership {
    uint32_t process;
    bool proven;  // by a clone line; else concluded from a descriptor
  };
  using Descriptors = std::map<Descriptor, VmId>;

  uint32_t process_of(Tid tid) const;
  bool guessed(Tid tid) const;
  bool proven(Tid tid) const;
  Descriptors::iterator find(Tid caller, int32_t fd);
  VmId start(uint32_t process, int32_t fd);
  void attach(Descriptor at, VmId vm);
  void release(Descriptors::iterator at, std::optional<Nanos> time, EventBatch& events);
  bool release_process(uint32_t process, std::optional<Nanos> time, EventBatch& events);
  bool release_all(std::optional<Nanos> time, EventBatch& events);

  Descriptors descriptors_;
  std::set<std::pair<uint32_t, int32_t>> of_process_;  // the same the other way round
  std::unordered_map<VmId, Vm> live_;
  std::unordered_map<Tid, Membership> members_;
  VmId last_;
};

}  // namespace slotscope
