// What the machine is, as far as it decides what a call costs.
#pragma once

#include <string>

#include "analyzer/base/units.h"
#include "analyzer/model/kernel_profile.h"
#include "replay/data/replay_result.h"
#include "replay/kvm.h"

namespace slotscope {

// Reads /proc and /sys under `root` ("" but in tests). What can't be read stays empty.
HostFacts read_host_facts(const std::string& root);

// MemAvailable; 0 when it can't be read.
Bytes available_memory(const std::string& root);

// The rules that this host's KVM follows: the newest, with what it answers for itself.
KernelProfile host_profile(const KvmCapabilities& capabilities, const HostFacts& host);

}  // namespace slotscope
