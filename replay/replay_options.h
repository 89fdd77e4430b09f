// How to replay: what the VM is beside its slots, and at which pace.
#pragma once

#include <cstdint>
#include <optional>

#include "replay/kvm.h"

namespace slotscope {

// What stands behind the guest's memory.
enum class Backing : uint8_t { anon, thp, hugetlb, memfd };

enum class GuestWork : uint8_t {
  idle,   // spins in a page of its own
  touch,  // reads one page in each 2 MiB of every live slot, round and round
  walk,   // reads every page
};

struct ReplayOptions {
  Backing backing = Backing::anon;
  bool populate = false;   // fill the backing before the first call
  bool pre_fault = false;  // after each create, KVM_PRE_FAULT_MEMORY
  uint32_t vcpus = 0;
  GuestWork guest = GuestWork::idle;
  VmOptions vm;
  // How fast the trace's own times go by; unset: nothing waits.
  std::optional<double> speed;
  uint32_t memory_percent = 25;  // of free memory that the replay may cost

  // Whether guest memory will really be allocated, not just named. Reads of private anonymous
  // memory find the kernel's zero page.
  bool fills_memory() const {
    const bool reads_allocate = backing == Backing::memfd || backing == Backing::hugetlb;
    return populate || pre_fault || (vcpus > 0 && guest != GuestWork::idle && reads_allocate);
  }
};

}  // namespace slotscope
