// The times that strace prints, put on one clock.
#pragma once

#include <optional>

#include "analyzer/event/source.h"
#include "analyzer/format/strace/strace_line.h"

namespace slotscope {

class StraceClock {
 public:
  // The clock of a trace whose first system call is `line`.
  static Clock of(const StraceLine& line);

  explicit StraceClock(Clock clock) : clock_(clock) {}

  // Every line of the trace, in order: the times of -r are distances between lines.
  void see(const StraceLine& line);

  // When the line was begun. Only for the line seen last, and only for lines that matter: others
  // may carry a time from minutes before (-z prints a long KVM_RUN when it ends, with its
  // beginning).
  std::optional<Nanos> at(const StraceLine& line);

 private:
  Nanos since_midnight(Nanos time_of_day);

  Clock clock_;
  Nanos elapsed_;              // relative: since the first line
  std::optional<Nanos> last_;  // time_of_day: of the line before, with its day
  Nanos midnight_;             // time_of_day: when the day of `last_` began
};

}  // namespace slotscope
