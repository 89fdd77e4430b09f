// Whether a process still runs.
#pragma once

#include <optional>
#include <string_view>

#include "probes/watched_kernel.h"

namespace slotscope {

// What /proc/PID/stat says of a process.
struct ProcessState {
  char state = 0;  // R, S, ..., Z for one that has ended and waits for its parent to notice
  int64_t threads = 0;
  int64_t began_ticks = 0;  // since boot

  // A first thread may have ended, and is then Z, before the others.
  bool runs() const { return (state != 'Z' && state != 'X' && state != 'x') || threads > 1; }
};

// Nothing when it is not the text of such a file.
std::optional<ProcessState> parse_process_state(std::string_view stat);

// With when it began, unless it is gone or /proc is closed.
WatchedProcess identify_process(Pid pid);

bool process_lives(const WatchedProcess& process);

}  // namespace slotscope
