#include "analyzer/format/strace/strace_line.h"

#include <algorithm>

namespace slotscope {
namespace {

using Shape = StraceLine::Shape;
using Stamp = StraceLine::Stamp;

// PID_MAX_LIMIT of 64-bit kernels (include/linux/threads.h): a larger number is a time.
constexpr uint64_t max_tid = 4 * 1024 * 1024;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_char(char c) { return (c >= 'a' && c <= 'z') || c == '_' || is_digit(c); }

bool starts_with_char(std::string_view text, char c) { return !text.empty() && text[0] == c; }

bool skip_past(Cursor& cursor, char c, const char* expected) {
  const size_t at = cursor.rest().find(c);
  if (at == std::string_view::npos) return cursor.fail(expected);
  cursor.skip(at + 1);
  return true;
}

bool read_tid(Cursor& cursor, Tid& tid) {
  uint64_t number = 0;
  if (!cursor.decimal(number)) return false;
  if (number > max_tid) return cursor.fail("a thread id");
  tid = {static_cast<uint32_t>(number)};
  return skip_decoration(cursor);
}

bool read_time_of_day(Cursor& cursor, Nanos& time) {
  uint64_t hours = 0, minutes = 0;
  Nanos seconds;
  if (!(cursor.decimal(hours) && cursor.literal(":") && cursor.decimal(minutes) &&
        cursor.literal(":") && read_seconds(cursor, seconds))) {
    return false;
  }
  constexpr int64_t second = 1'000'000'000;
  if (hours > 23 || minutes > 59 || seconds.value > 60 * second)  // 60: a leap second
    return cursor.fail("a time of day");
  time = {static_cast<int64_t>(hours * 3600 + minutes * 60) * second + seconds.value};
  return true;
}

// A thread id or a time; which one shows from its form, and where that is the same from its size.
bool read_number(Cursor& cursor, StraceLine& line) {
  const std::string_view rest = cursor.rest();
  size_t length = 0;
  while (length < rest.size() && is_digit(rest[length])) ++length;
  const char next = length < rest.size() ? rest[length] : '\0';

  Cursor trial = cursor;
  uint64_t number = 0;
  const bool small = trial.decimal(number) && number <= max_tid;
  if (next == '<' || (next == ' ' && small && line.tid == Tid{} && line.stamp_kind == Stamp::none))
    return read_tid(cursor, line.tid);

  line.stamp_kind = next == ':' ? Stamp::time_of_day : Stamp::seconds;
  return next == ':' ? read_time_of_day(cursor, line.stamp) : read_seconds(cursor, line.stamp);
}

// Everything that strace prints in front of the system call's name, in the order of printleader():
// thread (and its name), security context, time, time since the line before, [number], [address].
bool read_leader(Cursor& cursor, StraceLine& line) {
  while (true) {
    skip_blanks(cursor);
    if (cursor.at_end()) return false;
    const char c = cursor.rest()[0];
    if (is_digit(c)) {
      if (!read_number(cursor, line) || !starts_with_char(cursor.rest(), ' ')) return false;
    } else if (cursor.accept("[pid ")) {
      skip_blanks(cursor);
      if (!read_tid(cursor, line.tid) || !cursor.literal("]")) return false;
    } else if (c == '[') {
      if (!skip_past(cursor, ']', "]")) return false;
    } else if (cursor.accept("(+")) {
      if (!skip_past(cursor, ')', ")")) return false;
    } else {
      return true;
    }
  }
}

void read_end(Cursor& cursor, StraceLine& line) {
  if (cursor.accept("exited with ") || cursor.accept("killed by ")) {
    line.shape = Shape::exited;
  } else if (cursor.accept("superseded by execve in pid ") &&
             read_tid(cursor, line.superseded_tid)) {
    line.shape = Shape::superseded;
  }
}

void read_resumed(std::string_view rest, StraceLine& line) {
  constexpr std::string_view mark = " resumed>";
  const auto name_end = std::ranges::find_if_not(rest, is_name_char);
  const size_t length = static_cast<size_t>(name_end - rest.begin());
  if (length == 0 || !rest.substr(length).starts_with(mark)) return;
  line.shape = Shape::resumed;
  line.name = rest.substr(0, length);
  line.body = rest.substr(length + mark.size());
  // Versions before 5.1 put a blank behind the mark.
  if (line.body.starts_with(' ')) line.body.remove_prefix(1);
}

void read_call(std::string_view rest, StraceLine& line) {
  const auto name_end = std::ranges::find_if_not(rest, is_name_char);
  if (name_end == rest.begin() || name_end == rest.end() || *name_end != '(') return;
  line.shape = Shape::call;
  line.name = rest.substr(0, static_cast<size_t>(name_end - rest.begin()));
  line.body = rest;
  // "detached": strace was told to stop in the middle of the call, which is never resumed.
  for (const std::string_view mark : {" <unfinished ...>", " <detached ...>"}) {
    if (!rest.ends_with(mark)) continue;
    line.shape = Shape::unfinished;
    line.body.remove_suffix(mark.size());
  }
}

}  // namespace

void skip_blanks(Cursor& cursor) {
  const std::string_view rest = cursor.rest();
  cursor.skip(std::min(rest.find_first_not_of(' '), rest.size()));
}

bool skip_decoration(Cursor& cursor) {
  const std::string_view rest = cursor.rest();
  if (!starts_with_char(rest, '<')) return cursor.ok();
  // They nest, as in </dev/kvm<char 10:232>>; the arrow of a connection closes nothing.
  int depth = 0;
  for (size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '<') ++depth;
    if (rest[i] == '>' && rest[i - 1] != '-' && --depth == 0) {
      cursor.skip(i + 1);
      cursor.accept("(deleted)");
      return true;
    }
  }
  return cursor.fail("'>'");
}

bool read_seconds(Cursor& cursor, Nanos& time) {
  uint64_t seconds = 0;
  if (!cursor.decimal(seconds)) return false;
  constexpr int64_t second = 1'000'000'000;
  if (seconds > static_cast<uint64_t>(max_strace_time.value / second))
    return cursor.fail("a time that a clock can show");
  int64_t nanos = static_cast<int64_t>(seconds) * second;
  if (cursor.accept(".")) {
    const std::string_view rest = cursor.rest();
    size_t digits = 0;
    int64_t scale = second;
    for (; digits < rest.size() && digits < 9 && is_digit(rest[digits]); ++digits) {
      scale /= 10;
      nanos += (rest[digits] - '0') * scale;
    }
    if (digits == 0) return cursor.fail("a fraction of a second");
    cursor.skip(digits);
  }
  time = {std::min(nanos, max_strace_time.value)};
  return true;
}

StraceLine read_strace_line(std::string_view text) {
  StraceLine line;
  Cursor cursor(text);
  if (!read_leader(cursor, line)) return line;
  if (cursor.accept("<... ")) {
    read_resumed(cursor.rest(), line);
  } else if (cursor.accept("+++ ")) {
    read_end(cursor, line);
  } else {
    read_call(cursor.rest(), line);
  }
  return line;
}

}  // namespace slotscope
