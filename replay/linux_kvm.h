// The kernel's KVM.
#pragma once

#include <memory>
#include <string>

#include "analyzer/base/result.h"
#include "replay/kvm.h"

namespace slotscope {

// `path` is /dev/kvm but in tests of what happens without it.
Result<std::unique_ptr<Kvm>> open_linux_kvm(const std::string& path);

}  // namespace slotscope
