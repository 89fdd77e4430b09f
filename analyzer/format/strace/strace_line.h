// One line of strace text cut into its parts: which thread printed it, when, and what kind of line
// it is. The forms are those of printleader() and its callers in src/strace.c, strace 4.x to 7.2.
#pragma once

#include <cstdint>
#include <string_view>

#include "analyzer/base/units.h"
#include "analyzer/format/cursor.h"

namespace slotscope {

struct StraceLine {
  enum class Shape : uint8_t {
    other,       // a stack frame, a signal, the program's own output ...
    call,        // NAME(ARGUMENTS) = RESULT
    unfinished,  // NAME(ARGUMENTS <unfinished ...>
    resumed,     // <... NAME resumed>ARGUMENTS) = RESULT
    exited,      // +++ exited with N +++, +++ killed by SIG +++
    superseded,  // +++ superseded by execve in pid N +++
  };
  enum class Stamp : uint8_t {
    none,
    time_of_day,  // -t, -tt
    seconds,      // -ttt, or -r: since the epoch or since the line before
  };

  Shape shape = Shape::other;
  Stamp stamp_kind = Stamp::none;
  Tid tid;                     // 0: not printed
  Nanos stamp;                 // when the line was begun: at entry, or at exit if it is `resumed`
  std::string_view name = {};  // of the system call
  // call, unfinished: from NAME on, without the mark; resumed: what follows the mark.
  std::string_view body = {};
  Tid superseded_tid;  // the thread that called execve and has the line's tid from now on
};

StraceLine read_strace_line(std::string_view text);

// Seconds with an optional fraction of at most nine digits; no more than 4 * 10^18 ns, so that two
// of them can be added.
bool read_seconds(Cursor& cursor, Nanos& time);

inline constexpr Nanos max_strace_time{4'000'000'000'000'000'000};

// Blanks; strace pads process ids, times and results with them.
void skip_blanks(Cursor& cursor);

// "<...>" behind a file descriptor (-y, -yy) or a process id (-Y), if there is one.
bool skip_decoration(Cursor& cursor);

}  // namespace slotscope
