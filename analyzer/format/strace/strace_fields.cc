#include "analyzer/format/strace/strace_fields.h"

#include <algorithm>
#include <string_view>

#include "analyzer/event/call.h"
#include "analyzer/format/strace/errno_names.h"
#include "analyzer/format/strace/strace_line.h"

namespace slotscope {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c); }

// " /* ... */": what -X verbose and --decode-pids=pidns put behind a number.
bool skip_comment(Cursor& cursor) {
  if (!cursor.accept(" /* ")) return cursor.ok();
  const size_t end = cursor.rest().find("*/");
  if (end == std::string_view::npos) return cursor.fail("*/");
  cursor.skip(end + 2);
  return true;
}

// "NAME=" in front of an argument (-N).
void skip_argument_name(Cursor& cursor) {
  const std::string_view rest = cursor.rest();
  const auto end = std::ranges::find_if_not(rest, [](char c) { return c >= 'a' && c <= 'z'; });
  if (end == rest.begin() || end == rest.end() || *end != '=') return;
  cursor.skip(static_cast<size_t>(end - rest.begin()) + 1);
}

std::string_view take_upper(Cursor& cursor) {
  const std::string_view rest = cursor.rest();
  const auto end = std::ranges::find_if_not(rest, is_upper);
  const std::string_view word = rest.substr(0, static_cast<size_t>(end - rest.begin()));
  cursor.skip(word.size());
  return word;
}

IoctlRequest request_by_name(std::string_view name) {
  if (name == "KVM_SET_USER_MEMORY_REGION") return IoctlRequest::set_region;
  if (name == "KVM_SET_USER_MEMORY_REGION2") return IoctlRequest::set_region2;
  if (name == "KVM_CREATE_VM") return IoctlRequest::create_vm;
  return IoctlRequest::other;
}

// The top three bits are the direction, which powerpc, mips and sparc encode in another way than
// all others (include/uapi/asm-generic/ioctl.h and their own); the rest says which request it is.
IoctlRequest request_by_number(uint64_t number) {
  switch (number & 0x1fffffff) {
    case 0x0020ae46:
      return IoctlRequest::set_region;
    case 0x00a0ae49:
      return IoctlRequest::set_region2;
    case 0x0000ae01:
      return IoctlRequest::create_vm;
    default:
      return IoctlRequest::other;
  }
}

// "_IOC(DIRECTION, TYPE, NR, SIZE)": how strace shows a request that it has no name for.
bool read_ioc(Cursor& cursor, IoctlRequest& request) {
  uint64_t type = 0, nr = 0, size = 0;
  const size_t comma = cursor.rest().find(',');
  if (comma == std::string_view::npos) return cursor.fail(",");
  cursor.skip(comma);
  if (!(cursor.literal(", ") && cursor.number(type) && cursor.literal(", ") && cursor.number(nr) &&
        cursor.literal(", ") && cursor.number(size) && cursor.literal(")"))) {
    return false;
  }
  const bool fits = type <= 0xff && nr <= 0xff && size <= 0x3fff;
  request = fits ? request_by_number(size << 16 | type << 8 | nr) : IoctlRequest::other;
  return true;
}

bool read_request(Cursor& cursor, IoctlRequest& request) {
  skip_argument_name(cursor);
  if (cursor.accept("_IOC(")) return read_ioc(cursor, request);
  if (cursor.rest().starts_with("0x") || (!cursor.at_end() && is_digit(cursor.rest()[0]))) {
    uint64_t number = 0;
    if (!cursor.number(number)) return false;
    request = request_by_number(number);
    return skip_comment(cursor);
  }
  request = request_by_name(take_upper(cursor));
  return true;
}

bool read_flags(Cursor& cursor, uint32_t& flags) {
  flags = 0;
  do {
    const std::string_view rest = cursor.rest();
    if (!rest.empty() && is_digit(rest[0])) {
      uint32_t bits = 0;
      if (!cursor.bounded<uint32_t>(&Cursor::number, bits)) return false;
      flags |= bits;
    } else if (cursor.accept("KVM_MEM_LOG_DIRTY_PAGES")) {
      flags |= slot_flag::log_dirty;
    } else if (cursor.accept("KVM_MEM_READONLY")) {
      flags |= slot_flag::readonly;
    } else if (cursor.accept("KVM_MEM_GUEST_MEMFD")) {
      flags |= slot_flag::guest_memfd;
    } else {
      return cursor.fail("a KVM_MEM_ flag or a number");
    }
  } while (cursor.accept("|"));
  return skip_comment(cursor);
}

bool read_struct(Cursor& cursor, MemslotArgument& argument) {
  if (!(cursor.bounded<uint32_t>(&Cursor::number, argument.slot) && cursor.literal(", flags=") &&
        read_flags(cursor, argument.flags) && cursor.literal(", guest_phys_addr=") &&
        cursor.number(argument.gpa.value) && cursor.literal(", memory_size=") &&
        cursor.number(argument.size.value) && cursor.literal(", userspace_addr=") &&
        cursor.number(argument.hva.value))) {
    return false;
  }
  if (cursor.accept(", guest_memfd_offset=")) cursor.number(argument.guest_memfd_offset.value);
  if (cursor.accept(", guest_memfd=")) read_fd(cursor, argument.guest_memfd);
  argument.decoded = true;
  return cursor.literal("}");
}

bool read_errno_name(Cursor& cursor, int32_t& error) {
  const Cursor before = cursor;
  error = errno_by_name(take_upper(cursor));
  if (error != 0) return true;
  cursor = before;
  return cursor.fail("the name of an errno");
}

// One of the notes behind a result, each after a blank: ENAME, (text), (errno N), <duration>.
bool read_note(Cursor& cursor, int32_t& error, SyscallResult& result) {
  if (cursor.accept("<")) {
    Nanos duration;
    if (!read_seconds(cursor, duration) || !cursor.literal(">")) return false;
    result.duration = duration;
    return true;
  }
  if (cursor.accept("(errno ")) {
    uint16_t number = 0;
    if (!cursor.bounded<uint16_t>(&Cursor::decimal, number)) return false;
    error = number;
    return cursor.literal(")");
  }
  if (cursor.accept("(")) {
    const size_t end = cursor.rest().find(')');
    if (end == std::string_view::npos) return cursor.fail(")");
    cursor.skip(end + 1);
    return true;
  }
  return read_errno_name(cursor, error);
}

// The number that strace's own namespace has for a process, where it prints both.
void take_translated_pid(Cursor& cursor, int32_t& pid) {
  Cursor trial = cursor;
  uint32_t translated = 0;
  if (trial.accept(" /* ") && trial.bounded<uint32_t>(&Cursor::decimal, translated) &&
      trial.accept(" in strace's PID NS")) {
    pid = static_cast<int32_t>(translated);
  }
}

}  // namespace

bool read_fd(Cursor& cursor, int32_t& fd) {
  skip_argument_name(cursor);
  if (cursor.rest().starts_with('-')) return cursor.signed32(fd) && skip_decoration(cursor);
  uint32_t number = 0;
  if (!cursor.bounded<uint32_t>(&Cursor::number, number)) return false;
  fd = static_cast<int32_t>(number);
  return skip_decoration(cursor);
}

bool read_ioctl_head(Cursor& cursor, int32_t& fd, IoctlRequest& request) {
  request = IoctlRequest::other;
  cursor.literal("ioctl(");
  if (read_fd(cursor, fd) && cursor.literal(", ") && read_request(cursor, request)) return true;
  if (cursor.rest().find("KVM_SET_USER_MEMORY_REGION") == std::string_view::npos) {
    request = IoctlRequest::other;
    return true;
  }
  return false;
}

bool read_memslot_argument(Cursor& cursor, MemslotArgument& argument) {
  if (!cursor.literal(", ")) return false;
  skip_argument_name(cursor);
  if (cursor.accept("{")) return cursor.literal("slot=") && read_struct(cursor, argument);
  argument.decoded = false;
  uint64_t pointer = 0;
  return cursor.accept("NULL") || cursor.number(pointer);
}

bool read_result(Cursor& cursor, SyscallResult& result) {
  result = {};
  // Stands here when the process dies in the call (print_event_exit() in src/strace.c).
  cursor.accept(" <unfinished ...>");
  if (!cursor.literal(")")) return false;
  skip_blanks(cursor);
  if (!cursor.literal("= ")) return false;
  if (cursor.accept("?")) return true;
  if (!read_fd(cursor, result.value)) return false;
  take_translated_pid(cursor, result.value);
  if (!skip_comment(cursor)) return false;

  int32_t error = 0;
  while (true) {
    const bool blank = cursor.rest().starts_with(' ');
    skip_blanks(cursor);
    if (cursor.at_end()) break;
    if (!blank) return cursor.fail("the end of the line");
    if (!read_note(cursor, error, result)) return false;
  }
  if (result.value == -1 && error == 0) return cursor.fail("an errno");
  if (error != 0) result.value = -error;
  result.known = true;
  return true;
}

bool seek_result(Cursor& cursor) {
  const std::string_view rest = cursor.rest();
  const size_t equals = rest.rfind(" = ");
  if (equals == std::string_view::npos) return false;
  const size_t last = rest.find_last_not_of(' ', equals);
  if (last == std::string_view::npos || rest[last] != ')') return false;
  cursor.skip(last);
  return true;
}

std::optional<bool> makes_thread(std::string_view arguments) {
  constexpr std::string_view label = "flags=";
  constexpr uint64_t clone_thread = 0x10000;  // CLONE_THREAD, include/uapi/linux/sched.h
  const size_t at = arguments.find(label);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view flags = arguments.substr(at + label.size());
  Cursor cursor(flags);
  uint64_t bits = 0;
  if (!flags.empty() && is_digit(flags[0]) && cursor.number(bits)) return bits & clone_thread;
  flags = flags.substr(0, flags.find_first_of(",})"));
  return flags.find("CLONE_THREAD") != std::string_view::npos;
}

bool is_dupfd(Cursor& cursor) {
  constexpr uint64_t dupfd = 0, dupfd_cloexec = 1030;  // include/uapi/linux/fcntl.h
  if (!cursor.accept(", ")) return false;
  skip_argument_name(cursor);
  uint64_t number = 0;
  if (!cursor.at_end() && is_digit(cursor.rest()[0]))
    return cursor.number(number) && (number == dupfd || number == dupfd_cloexec);
  const std::string_view name = take_upper(cursor);
  return name == "F_DUPFD" || name == "F_DUPFD_CLOEXEC";
}

}  // namespace slotscope
