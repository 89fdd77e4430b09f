// The reader of strace text: a trace of `strace -f -e trace=ioctl` or of every system call.
//
// What it takes from the lines: the memslot ioctls with their results, and what says which VM they
// are for (KVM_CREATE_VM, clone, close, dup, exit ...). A call that strace printed in two parts,
// because another thread was printed in between, is put together again and counts when it returned.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <unordered_map>

#include "analyzer/format/formats.h"
#include "analyzer/format/strace/strace_clock.h"
#include "analyzer/format/strace/strace_fields.h"
#include "analyzer/format/strace/strace_line.h"
#include "analyzer/format/strace/strace_vms.h"
#include "analyzer/format/text_source.h"

namespace slotscope {
namespace {

using Shape = StraceLine::Shape;

enum class Syscall : uint8_t { other, ioctl, clone, fork, close, dup, fcntl, execve };

Syscall syscall_by_name(std::string_view name) {
  struct Entry {
    std::string_view name;
    Syscall syscall;
  };
  static constexpr std::array entries = {
      Entry{"ioctl", Syscall::ioctl},     Entry{"clone", Syscall::clone},
      Entry{"clone3", Syscall::clone},    Entry{"fork", Syscall::fork},
      Entry{"vfork", Syscall::fork},      Entry{"close", Syscall::close},
      Entry{"dup", Syscall::dup},         Entry{"dup2", Syscall::dup},
      Entry{"dup3", Syscall::dup},        Entry{"fcntl", Syscall::fcntl},
      Entry{"fcntl64", Syscall::fcntl},   Entry{"execve", Syscall::execve},
      Entry{"execveat", Syscall::execve},
  };
  const auto* const found = std::ranges::find(entries, name, &Entry::name);
  return found == entries.end() ? Syscall::other : found->syscall;
}

bool is_memslot(IoctlRequest request) {
  return request == IoctlRequest::set_region || request == IoctlRequest::set_region2;
}

class StraceSource final : public TextSource {
 public:
  StraceSource(std::unique_ptr<ByteSource> bytes, TraceInfo info, const ReadOptions& options)
      : TextSource(std::move(bytes), std::move(info), options), clock_(info_.clock) {}

 protected:
  Line parse(Cursor& cursor, std::string_view text, EventBatch& batch) override;
  void drain(EventBatch& batch) override;

 private:
  // The first part of a call that has not returned.
  struct Pending {
    uint64_t line;
    std::string text;
    Syscall syscall;
    bool memslot;
    std::optional<Nanos> entry;
  };
  using PendingCalls = std::unordered_map<Tid, Pending>;

  // A whole call, whether it was printed in one part or in two.
  struct Done {
    Syscall syscall;
    Tid tid;
    const StraceLine& line;     // the one that has the result
    const Pending* first = {};  // the one before, if there are two
  };

  Line begin(const StraceLine& line);
  Line resume(Cursor& cursor, const StraceLine& line, std::string_view text, EventBatch& batch);
  Line finish(Cursor& cursor, const Done& done, EventBatch& batch);
  Line ioctl(Cursor& cursor, const Done& done, EventBatch& batch);
  Line set_memslot(Cursor& cursor, const Done& done, int32_t fd, EventBatch& batch);
  Line follow_process(Cursor& cursor, const Done& done, EventBatch& batch);
  Line follow_descriptor(Cursor& cursor, const Done& done, EventBatch& batch);
  Line follow_end(const StraceLine& line, EventBatch& batch);

  PendingCalls::iterator pending_of(Tid tid);
  void give_up(Tid tid, EventBatch& batch);
  std::optional<Nanos> return_time(const Done& done, const SyscallResult& result);

  StraceClock clock_;
  StraceVms vms_;
  PendingCalls pending_;
  uint64_t undecoded_ = 0;
  uint64_t unanswered_ = 0;
};

StraceSource::Line StraceSource::parse(Cursor& cursor, std::string_view text, EventBatch& batch) {
  const StraceLine line = read_strace_line(text);
  clock_.see(line);
  switch (line.shape) {
    case Shape::other:
      return Line::skipped;
    case Shape::call: {
      give_up(line.tid, batch);
      const Syscall syscall = syscall_by_name(line.name);
      if (syscall == Syscall::other) return Line::skipped;
      cursor.skip(static_cast<size_t>(line.body.data() - text.data()));
      return finish(cursor, {.syscall = syscall, .tid = line.tid, .line = line}, batch);
    }
    case Shape::unfinished:
      give_up(line.tid, batch);
      return begin(line);
    case Shape::resumed:
      return resume(cursor, line, text, batch);
    case Shape::exited:
    case Shape::superseded:
      return follow_end(line, batch);
  }
  return Line::skipped;
}

StraceSource::Line StraceSource::begin(const StraceLine& line) {
  const Syscall syscall = syscall_by_name(line.name);
  if (syscall == Syscall::other) return Line::skipped;
  bool memslot = false;
  if (syscall == Syscall::ioctl) {
    Cursor cursor(line.body);
    int32_t fd = -1;
    IoctlRequest request = IoctlRequest::other;
    // What can't be read is reported with the second part: only both make a call.
    memslot = !read_ioctl_head(cursor, fd, request) || is_memslot(request);
    if (!memslot && request != IoctlRequest::create_vm) return Line::skipped;
  }
  pending_.insert_or_assign(line.tid, Pending{.line = line_number(),
                                              .text = std::string(line.body),
                                              .syscall = syscall,
                                              .memslot = memslot,
                                              .entry = clock_.at(line)});
  return Line::used;
}

// With the last process but one strace stops printing thread ids, also in the middle of a call.
StraceSource::PendingCalls::iterator StraceSource::pending_of(Tid tid) {
  if (tid == Tid{} && !pending_.contains(tid) && pending_.size() == 1) return pending_.begin();
  return pending_.find(tid);
}

// The thread goes on although its last call has not returned: the line that says how it ended was
// lost or filtered out.
void StraceSource::give_up(Tid tid, EventBatch& batch) {
  if (pending_.empty()) return;
  const auto pending = pending_.extract(tid);
  if (!pending || !pending.mapped().memslot) return;
  ++unanswered_;
  Cursor cursor(pending.mapped().text);
  int32_t fd = -1;
  IoctlRequest request = IoctlRequest::other;
  const bool readable = read_ioctl_head(cursor, fd, request);
  batch.push_back(Loss{.time = pending.mapped().entry,
                       .vm = readable ? vms_.target_of(tid, fd).vm : VmId{0},
                       .count = 1,
                       .reason = Loss::Reason::damaged});
}

StraceSource::Line StraceSource::resume(Cursor& cursor, const StraceLine& line,
                                        std::string_view text, EventBatch& batch) {
  const auto found = pending_of(line.tid);
  if (found == pending_.end()) return Line::skipped;
  const Tid tid = found->first;
  if (found->second.syscall != syscall_by_name(line.name)) {
    give_up(tid, batch);
    return Line::skipped;
  }
  const Pending first = std::move(pending_.extract(found).mapped());
  const std::string whole = first.text + std::string(line.body);
  Cursor in_whole(whole);
  const Line outcome = finish(
      in_whole, {.syscall = first.syscall, .tid = tid, .line = line, .first = &first}, batch);
  if (outcome == Line::bad) {
    // An error in the first part is shown where the second begins: that line is at hand.
    const size_t at = std::max<size_t>(in_whole.column() - 1, first.text.size());
    const size_t body = static_cast<size_t>(line.body.data() - text.data());
    cursor.skip(body + at - first.text.size());
    cursor.fail_like(in_whole);
  }
  return outcome;
}

StraceSource::Line StraceSource::finish(Cursor& cursor, const Done& done, EventBatch& batch) {
  switch (done.syscall) {
    case Syscall::ioctl:
      return ioctl(cursor, done, batch);
    case Syscall::clone:
    case Syscall::fork:
    case Syscall::execve:
      return follow_process(cursor, done, batch);
    case Syscall::close:
    case Syscall::dup:
    case Syscall::fcntl:
      return follow_descriptor(cursor, done, batch);
    case Syscall::other:
      break;
  }
  return Line::skipped;
}

// strace prints when a line was begun: a whole call at its entry, a second part at its return.
std::optional<Nanos> StraceSource::return_time(const Done& done, const SyscallResult& result) {
  const std::optional<Nanos> begun = clock_.at(done.line);
  const std::optional<Nanos> entry = done.first ? done.first->entry : begun;
  if (entry && result.duration) return *entry + *result.duration;
  return begun;
}

StraceSource::Line StraceSource::ioctl(Cursor& cursor, const Done& done, EventBatch& batch) {
  int32_t fd = -1;
  IoctlRequest request = IoctlRequest::other;
  if (!read_ioctl_head(cursor, fd, request)) return Line::bad;
  if (is_memslot(request)) return set_memslot(cursor, done, fd, batch);
  if (request != IoctlRequest::create_vm) return Line::skipped;

  SyscallResult result;
  if (!seek_result(cursor)) {
    cursor.fail("= RESULT");
    return Line::bad;
  }
  if (!read_result(cursor, result)) return Line::bad;
  if (!result.known || result.value < 0) return Line::skipped;
  vms_.created(done.tid, result.value, return_time(done, result), batch);
  return Line::used;
}

StraceSource::Line StraceSource::set_memslot(Cursor& cursor, const Done& done, int32_t fd,
                                             EventBatch& batch) {
  MemslotArgument argument;
  SyscallResult result;
  if (!read_memslot_argument(cursor, argument) || !read_result(cursor, result)) return Line::bad;
  if (!result.known) return Line::skipped;
  // With a bad pointer KVM looks at nothing: a call without fields says all there is.
  const bool undecoded = !argument.decoded && result.value != -EFAULT;
  if (undecoded && result.value != 0) return Line::skipped;  // it changed nothing

  const std::optional<Nanos> time = return_time(done, result);
  const StraceVms::Target target = vms_.target_of(done.tid, fd);
  if (undecoded) {
    ++undecoded_;
    batch.push_back(
        Loss{.time = time, .vm = target.vm, .count = 1, .reason = Loss::Reason::undecoded});
    return Line::used;
  }
  Call call;
  call.time = time;
  call.duration = result.duration;
  call.gpa = argument.gpa;
  call.size = argument.size;
  call.hva = argument.hva;
  call.guest_memfd_offset = argument.guest_memfd_offset;
  call.guest_memfd = argument.guest_memfd;
  call.flags = argument.flags;
  call.ret = result.value;
  call.vm = target.vm;
  call.as = {static_cast<uint16_t>(argument.slot >> 16)};
  call.slot = {static_cast<uint16_t>(argument.slot)};
  call.pid = target.pid;
  call.tid = done.tid;
  batch.push_back(call);
  return Line::used;
}

StraceSource::Line StraceSource::follow_process(Cursor& cursor, const Done& done,
                                                EventBatch& batch) {
  const std::optional<bool> is_thread =
      done.syscall == Syscall::clone ? makes_thread(cursor.rest()) : false;
  SyscallResult result;
  if (!is_thread || !seek_result(cursor) || !read_result(cursor, result) || !result.known)
    return Line::skipped;
  if (done.syscall == Syscall::execve) {
    const bool concerned =
        result.value == 0 && vms_.executed(done.tid, return_time(done, result), batch);
    return concerned ? Line::used : Line::skipped;
  }
  if (result.value <= 0) return Line::skipped;
  vms_.cloned(done.tid, {static_cast<uint32_t>(result.value)}, *is_thread);
  return Line::used;
}

StraceSource::Line StraceSource::follow_descriptor(Cursor& cursor, const Done& done,
                                                   EventBatch& batch) {
  int32_t fd = -1;
  SyscallResult result;
  cursor.skip(cursor.rest().find('(') + 1);
  if (!read_fd(cursor, fd) || (done.syscall == Syscall::fcntl && !is_dupfd(cursor)) ||
      !seek_result(cursor) || !read_result(cursor, result) || !result.known || result.value < 0) {
    return Line::skipped;
  }
  const std::optional<Nanos> time = return_time(done, result);
  const bool concerned = done.syscall == Syscall::close
                             ? vms_.closed(done.tid, fd, time, batch)
                             : vms_.duplicated(done.tid, fd, result.value, time, batch);
  return concerned ? Line::used : Line::skipped;
}

StraceSource::Line StraceSource::follow_end(const StraceLine& line, EventBatch& batch) {
  const std::optional<Nanos> time = clock_.at(line);
  if (line.shape == Shape::superseded) {
    pending_.erase(line.superseded_tid);
    return vms_.executed(line.tid, time, batch) ? Line::used : Line::skipped;
  }
  pending_.erase(line.tid);  // a call that it was killed in has no result
  return vms_.exited(line.tid, time, batch) ? Line::used : Line::skipped;
}

void StraceSource::drain(EventBatch&) {
  uint64_t count = 0, first = UINT64_MAX;
  for (const auto& [tid, pending] : pending_) {
    if (!pending.memslot) continue;
    ++count;
    first = std::min(first, pending.line);
  }
  if (count > 0) {
    torn(fmt::format("the trace ends before {} returned ({}line {}); left out",
                     count == 1 ? "a call" : fmt::format("{} calls", count),
                     count == 1 ? "" : "the first in ", first));
  }
  if (unanswered_ > 0) {
    summary_.warnings.push_back(
        {.place = info_.path,
         .message =
             fmt::format("{} call{} no result: the lines \"<... ioctl resumed>\" are missing",
                         unanswered_, unanswered_ == 1 ? " has" : "s have"),
         .advice = "filter strace's output by \"ioctl\", not by the name of the request"});
  }
  if (undecoded_ > 0) {
    summary_.warnings.push_back(
        {.place = info_.path,
         .message = fmt::format("strace showed only the pointer of {} successful call{}",
                                undecoded_, undecoded_ == 1 ? "" : "s"),
         .advice = "capture with slotscope record, or with QEMU's -trace kvm_set_user_memory"});
  }
}

// Whether the line could only come from strace. perf trace prints calls too, but names the
// arguments with a colon: "ioctl(fd: 4, cmd: KVM_RUN) = 0".
bool shows_syscall(const StraceLine& line) {
  if (line.shape == Shape::unfinished || line.shape == Shape::resumed) return true;
  if (line.shape != Shape::call) return false;
  const std::string_view arguments = line.body.substr(line.name.size() + 1);
  const size_t word = arguments.find_first_not_of("abcdefghijklmnopqrstuvwxyz_");
  if (word != std::string_view::npos && word > 0 && arguments[word] == ':') return false;
  Cursor cursor(line.body);
  if (!seek_result(cursor) || !cursor.literal(")")) return false;
  skip_blanks(cursor);
  return cursor.literal("= ") && !cursor.at_end() &&
         std::string_view("-?0123456789").find(cursor.rest()[0]) != std::string_view::npos;
}

std::optional<StraceLine> first_syscall(std::string_view head) {
  while (!head.empty()) {
    const size_t end = std::min(head.find('\n'), head.size());
    const StraceLine line = read_strace_line(head.substr(0, end));
    if (shows_syscall(line)) return line;
    head.remove_prefix(std::min(end + 1, head.size()));
  }
  return std::nullopt;
}

bool recognise(std::string_view head) { return first_syscall(head).has_value(); }

Result<std::unique_ptr<Source>> open(std::unique_ptr<PeekedSource> bytes, TraceInfo info,
                                     const ReadOptions& options) {
  if (const auto line = first_syscall(bytes->head())) info.clock = StraceClock::of(*line);
  return std::unique_ptr<Source>(
      std::make_unique<StraceSource>(std::move(bytes), std::move(info), options));
}

}  // namespace

const Format strace_format{
    .name = "strace", .title = "strace text", .recognise = recognise, .open = open};

}  // namespace slotscope
