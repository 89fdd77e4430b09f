// One vCPU of the kernel's KVM.
#pragma once

#include <cstddef>
#include <memory>

#include "analyzer/base/result.h"
#include "analyzer/base/unique_fd.h"
#include "replay/kvm.h"

namespace slotscope {

// Sets it up for flat 32-bit protected mode: no paging, so that a guest address is a gpa and the
// guest needs no tables of its own.
Result<std::unique_ptr<KvmVcpu>> open_linux_vcpu(UniqueFd vcpu, size_t run_size,
                                                 const VcpuEntry& entry);

}  // namespace slotscope
