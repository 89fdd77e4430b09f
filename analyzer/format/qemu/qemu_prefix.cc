#include "analyzer/format/qemu/qemu_prefix.h"

#include <cctype>

#include "analyzer/format/cursor.h"
#include "analyzer/format/iso_time.h"

namespace slotscope {
namespace {

bool starts_with_digit(std::string_view text) {
  return !text.empty() && text[0] >= '0' && text[0] <= '9';
}

// "TID@SEC.USEC:" of the log backend, "PID@NSEC " of SystemTap.
bool parse_at(std::string_view text, QemuPrefix& prefix) {
  Cursor cursor(text);
  uint32_t id = 0;
  if (!cursor.bounded(&Cursor::decimal, id) || !cursor.accept("@")) return false;
  const std::string_view digits = cursor.rest();
  if (const std::optional<Nanos> time = parse_seconds(cursor); time && cursor.accept(":")) {
    prefix = {.time = time, .clock = Clock::realtime, .pid = {}, .tid = Tid{id}};
    return true;
  }
  Cursor nanos(digits);
  uint64_t value = 0;
  if (!nanos.decimal(value) || !nanos.accept(" ") || value > INT64_MAX) return false;
  prefix = {.time = Nanos{static_cast<int64_t>(value)},
            .clock = Clock::realtime,
            .pid = Pid{id},
            .tid = {}};
  return true;
}

// The number in "PROG[PID]: " or "PROG(TID:THREAD): " at the end; 0 when there is none.
uint32_t bracketed_number(std::string_view text, char open) {
  const size_t at = text.rfind(open);
  if (at == std::string_view::npos) return 0;
  Cursor cursor(text, at + 1);
  uint32_t value = 0;
  return cursor.bounded(&Cursor::decimal, value) ? value : 0;
}

// "COMM-TID [CPU] FLAGS SEC.USEC: " before tracing_mark_write; COMM may hold anything, "CPU 0/KVM"
// included, so the fields are found from what follows them.
void parse_ftrace(std::string_view text, QemuPrefix& prefix) {
  for (size_t colon = text.find(": "); colon != std::string_view::npos;
       colon = text.find(": ", colon + 1)) {
    const size_t blank = text.rfind(' ', colon);
    if (blank == std::string_view::npos) continue;
    Cursor seconds(text.substr(0, colon), blank + 1);
    const std::optional<Nanos> time = parse_seconds(seconds);
    if (!time || !seconds.at_end()) continue;
    prefix.time = time;
    prefix.clock = Clock::monotonic;
    // The thread id is the digits before the blanks before the CPU column.
    for (size_t dash = text.find('-'); dash < blank; dash = text.find('-', dash + 1)) {
      Cursor cursor(text, dash + 1);
      uint32_t tid = 0;
      if (cursor.bounded(&Cursor::decimal, tid) && cursor.accept(" ")) {
        prefix.tid = Tid{tid};
        return;
      }
    }
    return;
  }
}

// "Nov 22 10:31:11[.FRACTION] HOST PROG[PID]: ". A time of whole seconds is left out: it would make
// pauses of a second between calls that are microseconds apart.
void parse_syslog(std::string_view text, QemuPrefix& prefix) {
  prefix.pid = Pid{bracketed_number(text, '[')};
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon < 2) return;
  Cursor cursor(text, colon - 2);
  bool fraction = false;
  const std::optional<Nanos> time = parse_time_of_day(cursor, fraction);
  if (!time || !fraction) return;
  prefix.time = time;
  prefix.clock = Clock::time_of_day;
}

}  // namespace

QemuPrefix parse_qemu_prefix(std::string_view text) {
  QemuPrefix prefix;
  if (text.empty()) return prefix;
  if (starts_with_digit(text)) {
    if (parse_at(text, prefix)) return prefix;
    Cursor cursor(text);
    if (const std::optional<Nanos> time = parse_iso_time(cursor)) {
      prefix.time = time;
      prefix.clock = Clock::realtime;
      text = cursor.rest();
      if (const uint32_t tid = bracketed_number(text, '(')) prefix.tid = Tid{tid};
      if (const uint32_t pid = bracketed_number(text, '[')) prefix.pid = Pid{pid};
      return prefix;
    }
  }
  if (text.find("tracing_mark_write") != std::string_view::npos) {
    parse_ftrace(text, prefix);
  } else if (text.ends_with("]: ")) {
    parse_syslog(text, prefix);
  } else if (text.ends_with("): ")) {
    prefix.tid = Tid{bracketed_number(text, '(')};
  }
  return prefix;
}

}  // namespace slotscope
