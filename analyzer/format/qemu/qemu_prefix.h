// What stands before the event name in a line of QEMU trace text: every version, every way of
// getting it into a file (reference: trace/simple.c aside, QEMU 2.x to 11.x).
//
//   kvm_set_user_memory ...                                    -trace, QEMU 6.0 on
//   TID@SEC.USEC:kvm_set_user_memory ...                       -msg timestamp=on up to 10.0
//   2026-11-22T10:31:11.494119Z [(TID) ]kvm_set_user_memory    -msg timestamp=on, 10.1 on
//   [TIME ][GUEST ]PROG(TID:THREAD): kvm_set_user_memory ...   after 10.2
//   Nov 22 10:31:11 HOST PROG[PID]: kvm_set_user_memory ...    syslog backend, journal
//   COMM-TID [CPU] FLAGS SEC.USEC: tracing_mark_write: ...     ftrace backend
//   PID@NSEC kvm_set_user_memory ...                           SystemTap's -log tapset
#pragma once

#include <optional>
#include <string_view>

#include "analyzer/base/units.h"
#include "analyzer/event/source.h"

namespace slotscope {

struct QemuPrefix {
  std::optional<Nanos> time;
  Clock clock = Clock::none;
  Pid pid;
  Tid tid;
};

// What a prefix tells; one of unknown shape tells nothing.
QemuPrefix parse_qemu_prefix(std::string_view prefix);

}  // namespace slotscope
