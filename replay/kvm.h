// KVM as a replay needs it: an interface with two backends, the kernel's (linux_kvm.h) and one made
// up (fake_kvm.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "analyzer/base/range.h"
#include "analyzer/base/result.h"
#include "analyzer/base/units.h"

namespace slotscope {

// As KVM answers; nothing is derived from a kernel version.
struct KvmCapabilities {
  uint32_t user_slots = 0;      // KVM_CAP_NR_MEMSLOTS
  uint32_t address_spaces = 1;  // KVM_CAP_MULTI_ADDRESS_SPACE
  bool readonly = false;        // KVM_CAP_READONLY_MEM
  bool guest_memfd = false;     // KVM_CAP_GUEST_MEMFD and KVM_CAP_USER_MEMORY2
  bool pre_fault = false;       // KVM_CAP_PRE_FAULT_MEMORY
  bool slot_zap_all = false;    // KVM_X86_QUIRK_SLOT_ZAP_ALL can be switched
  uint32_t manual_protect = 0;  // KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, the bits it takes
};

// One KVM_SET_USER_MEMORY_REGION, or REGION2 when `guest_memfd` names a file.
struct SlotRequest {
  AsId as;
  SlotId slot;
  uint32_t flags = 0;
  Gpa gpa;
  Bytes size;
  Hva hva;
  std::optional<int> guest_memfd = {};  // a descriptor of create_guest_memfd() of the same VM
  Bytes guest_memfd_offset = {};
};

struct VmOptions {
  std::optional<bool> slot_zap_all = {};  // unset: as the kernel has it
  bool manual_protect = false;
};

// Where a vCPU begins, in flat 32-bit protected mode.
struct VcpuEntry {
  Gpa code;
  Gpa mailbox;  // in EBX
};

struct VcpuExit {
  enum class Kind : uint8_t { interrupted, mmio, failed };
  Kind kind = Kind::interrupted;
  Gpa gpa = {};             // mmio
  std::string reason = {};  // failed
};

class KvmVcpu {
 public:
  virtual ~KvmVcpu() = default;

  // Runs the guest until something needs us. One thread alone calls it.
  virtual VcpuExit run() = 0;
  // From another thread: makes run() answer `interrupted` soon. May have to be repeated, because
  // the request can fall into the moment before the guest is entered.
  virtual void interrupt() = 0;
  // Maps the range's memory now (KVM_PRE_FAULT_MEMORY), while run() is not running.
  virtual Status pre_fault(GpaRange range) = 0;
};

class KvmVm {
 public:
  virtual ~KvmVm() = default;

  virtual int32_t set_memory(const SlotRequest& request) = 0;  // 0 or a negative errno
  virtual Result<int> create_guest_memfd(Bytes size) = 0;      // the VM owns it
  virtual Result<std::unique_ptr<KvmVcpu>> create_vcpu(uint32_t index, const VcpuEntry& entry) = 0;
};

class Kvm {
 public:
  virtual ~Kvm() = default;

  virtual const KvmCapabilities& capabilities() const = 0;
  virtual Result<std::unique_ptr<KvmVm>> create_vm(const VmOptions& options) = 0;
};

}  // namespace slotscope
