#include "probes/live_kernel.h"

#include <bpf/bpf.h>

#include "probes/process_state.h"

namespace slotscope {

uint64_t LiveKernel::forks() {
  const uint32_t key = 0;
  uint64_t count = 0;
  bpf_map_lookup_elem(forks_, &key, &count);
  return count;
}

// When the kernel takes a process out while the map is walked over, the walk begins anew: some
// come twice, none is left out.
std::vector<WatchedProcess> LiveKernel::processes() {
  std::vector<WatchedProcess> found;
  uint32_t pid = 0;
  for (const void* before = nullptr; bpf_map_get_next_key(followed_, before, &pid) == 0;
       before = &pid) {
    uint64_t began = 0;
    if (bpf_map_lookup_elem(followed_, &pid, &began) != 0) continue;
    found.push_back({Pid{pid}, Nanos{static_cast<int64_t>(began)}});
  }
  return found;
}

bool LiveKernel::lives(const WatchedProcess& process) { return process_lives(process); }

std::optional<Pid> LiveKernel::holder() { return slots_ ? slots_->holder() : std::nullopt; }

}  // namespace slotscope
