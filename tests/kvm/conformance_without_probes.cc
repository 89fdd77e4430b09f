// Builds without clang, bpftool or libbpf compare results only.
#include "tests/kvm/conformance_slots.h"

namespace slotscope::conformance {

Result<std::unique_ptr<KernelSlots>> open_kernel_slots() {
  return Diagnostic{.fault = Fault::environment, .message = "built without probes"};
}

}  // namespace slotscope::conformance
