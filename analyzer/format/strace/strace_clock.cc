#include "analyzer/format/strace/strace_clock.h"

#include <algorithm>

namespace slotscope {
namespace {

constexpr int64_t second = 1'000'000'000;
constexpr Nanos day{86'400 * second};

// -ttt and -r print the same form. No machine waits three years for a system call, and none runs a
// strace with -ttt in 1973.
constexpr Nanos first_epoch_time{100'000'000 * second};

// Lines may be this much out of order: a call that takes long is printed when it ends (-z), with
// the time at which it began. More than that backwards is the next day.
constexpr Nanos disorder{60 * second};

}  // namespace

Clock StraceClock::of(const StraceLine& line) {
  switch (line.stamp_kind) {
    case StraceLine::Stamp::none:
      return Clock::none;
    case StraceLine::Stamp::time_of_day:
      return Clock::time_of_day;
    case StraceLine::Stamp::seconds:
      return line.stamp < first_epoch_time ? Clock::relative : Clock::realtime;
  }
  return Clock::none;
}

void StraceClock::see(const StraceLine& line) {
  if (clock_ != Clock::relative || line.stamp_kind != StraceLine::Stamp::seconds) return;
  elapsed_ = std::min(elapsed_ + line.stamp, max_strace_time);
}

std::optional<Nanos> StraceClock::at(const StraceLine& line) {
  using Stamp = StraceLine::Stamp;
  switch (clock_) {
    case Clock::time_of_day:
      if (line.stamp_kind != Stamp::time_of_day) return std::nullopt;
      return since_midnight(line.stamp);
    case Clock::realtime:
      if (line.stamp_kind != Stamp::seconds) return std::nullopt;
      return line.stamp;
    case Clock::relative:
      if (line.stamp_kind != Stamp::seconds) return std::nullopt;
      return elapsed_;
    case Clock::none:
    case Clock::monotonic:
      break;
  }
  return std::nullopt;
}

Nanos StraceClock::since_midnight(Nanos time_of_day) {
  Nanos time = midnight_ + time_of_day;
  if (last_ && time + disorder < *last_ && midnight_ + day < max_strace_time) {
    midnight_ += day;
    time += day;
  } else if (last_ && midnight_ > Nanos{} && time - *last_ > day - disorder) {
    return time - day;  // begun just before the midnight that a line before it has passed
  }
  last_ = time;
  return time;
}

}  // namespace slotscope
