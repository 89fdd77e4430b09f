#include "analyzer/capture/capture_loop.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "probes/process_state.h"

namespace slotscope {
namespace {

// The ring holds 30 000 calls by default: at 20 ms it would take 1.5 million calls a second to
// fill it, and looking 50 times a second costs nothing noticeable.
constexpr int look_every_ms = 20;
constexpr Nanos progress_every{200'000'000};
constexpr Nanos count_processes_every{500'000'000};
// A call that is under way while slots are read makes them differ; it has ended by then.
constexpr int most_looks = 20;
// Files are closed a moment after their process is seen to end.
constexpr Nanos tell_after{500'000'000};
// A look takes microseconds, or a second on a host with millions of files: a fifth of the time.
constexpr int64_t look_pause = 4;

Nanos now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return Nanos{int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec};
}

// Readable when the process has ended. Not in glibc before 2.36.
UniqueFd watch_process(Pid pid) {
  return UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, static_cast<pid_t>(pid.value), 0)));
}

}  // namespace

CaptureLoop::Waiting CaptureLoop::wait_a_little(const UniqueFd& signals, const UniqueFd& process,
                                                int wake) {
  pollfd fds[] = {{signals.get(), POLLIN, 0}, {process.get(), POLLIN, 0}, {wake, POLLIN, 0}};
  poll(fds, std::size(fds), look_every_ms);
  Waiting result;
  result.process_ended = fds[1].revents & POLLIN;
  signalfd_siginfo info;
  if ((fds[0].revents & POLLIN) && read(signals.get(), &info, sizeof info) == sizeof info) {
    result.signal = info;
  }
  return result;
}

Result<UniqueFd> CaptureLoop::catch_signals() {
  sigset_t ends;
  sigemptyset(&ends);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&ends, signal);
  sigprocmask(SIG_BLOCK, &ends, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  UniqueFd fd(signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));
  if (fd) return fd;
  return Diagnostic{.fault = Fault::environment,
                    .message = fmt::format("signals: {}", strerrordesc_np(errno))};
}

Status CaptureLoop::start() {
  // A snapshot that a swap came into is useless; the next one may be luckier.
  for (int look = 0; look < most_looks && !collector_.blind(); ++look) {
    const size_t before = seen_.size();
    if (Status read = collector_.read_slots(); !read) return read;
    if (Status drained = collector_.drain(seen_); !drained) return drained;
    const bool usable = std::all_of(seen_.begin() + static_cast<ptrdiff_t>(before), seen_.end(),
                                    [](const Observation& seen) {
                                      const auto* snapshot = std::get_if<SpaceSnapshot>(&seen);
                                      return !snapshot || snapshot->one_state;
                                    });
    if (usable) break;
  }
  Status started = recording_.start(seen_);
  seen_.clear();
  return started;
}

Status CaptureLoop::add_seen() {
  for (const Observation& observation : seen_) {
    if (Status added = recording_.add(observation); !added) return added;
  }
  return ok();
}

Status CaptureLoop::take_all() {
  seen_.clear();
  if (Status drained = collector_.drain(seen_); !drained) return drained;
  return add_seen();
}

Status CaptureLoop::last_look() {
  for (int look = 0; look < most_looks && !collector_.blind(); ++look) {
    if (recording_.totals().live.empty()) break;
    if (Status read = collector_.read_slots(); !read) return read;
    if (Status taken = take_all(); !taken) return taken;
    if (std::all_of(recording_.checks().begin(), recording_.checks().end(),
                    [](const auto& entry) { return entry.second.agrees(); })) {
      break;
    }
  }
  seen_.clear();
  if (Status finished = collector_.finish(seen_); !finished) return finished;
  if (Status added = add_seen(); !added) return added;
  // Ends that nobody has told, or that found no room.
  seen_.clear();
  collector_.look_for_ends(recording_.totals().live, seen_);
  return add_seen();
}

void CaptureLoop::show_progress(Nanos elapsed) {
  const RecordTotals& totals = recording_.totals();
  const int64_t seconds = elapsed.value / 1'000'000'000;
  notices_ << fmt::format("\r  {} calls  {} slots  {} lost   {:02}:{:02} ", totals.calls,
                          recording_.slots(), totals.lost, seconds / 60, seconds % 60)
           << std::flush;
}

void CaptureLoop::between_looks(Nanos time) {
  if (status_ && time - counted_ > count_processes_every) {
    seen_.clear();
    collector_.look_for_ends(recording_.totals().live, seen_);
    status_ = add_seen();
    counted_ = time;
  }
  if (status_ && time - flushed_ > flush_every_) {
    status_ = output_.flush(time);
    flushed_ = time;
  }
  if (progress_ && time - shown_ > progress_every) {
    show_progress(time - began_);
    shown_ = time;
  }
}

// From a terminal (SI_KERNEL) the command got it too.
void CaptureLoop::pass_on(const Waiting& event, ChildProcess& child) {
  if (event.signal && event.signal->ssi_code != SI_KERNEL) {
    child.send(static_cast<int>(event.signal->ssi_signo));
  }
}

int CaptureLoop::wait_for(ChildProcess& child, const UniqueFd& signals) {
  const UniqueFd process = watch_process(child.pid());
  while (!child.exit_status()) pass_on(wait_a_little(signals, process, -1), child);
  return *child.exit_status();
}

void CaptureLoop::tell_who_lives_on() {
  const auto& live = recording_.totals().live;
  const auto is_vmm = [&](Pid pid) {
    return std::any_of(live.begin(), live.end(), [&](const auto& vm) { return vm.second == pid; });
  };
  std::string who;
  if (const std::optional<Pid> child = end_.child()) {
    who = is_vmm(*child) ? fmt::format("its VM lives on in process {}", child->value)
                         : fmt::format("process {} that it started lives on", child->value);
  } else if (const std::optional<Pid> holder = end_.holder()) {
    who = fmt::format("process {} holds its VM", holder->value);
  } else {
    return;
  }
  notices_ << fmt::format("the command has ended, {}: Ctrl-C ends the recording\n", who);
  told_ = true;
}

// Empty while the command, its children or their VMs go on.
std::string CaptureLoop::reason_of_target(Nanos time) {
  // A look at all files of a large host takes its time.
  if (time - looked_ < Nanos{look_pause * look_took_.value}) return "";
  end_.look(collector_.watched());
  looked_ = now();
  look_took_ = looked_ - time;
  if (end_.is_over()) return child_ ? "the command ended" : "the process ended";
  if (!told_ && time - target_ended_ > tell_after) tell_who_lives_on();
  return "";
}

// Empty while the capture goes on.
std::string CaptureLoop::reason_to_end(Nanos time, const Waiting& event) {
  if (!status_) return status_.error().message;
  if (is_over(time - began_)) return "the time was over";
  if (event.signal) {
    const bool alone = !child_ || process_ended_ || asked_;
    if (!alone) pass_on(event, *child_);
    asked_ = true;
    return alone ? "interrupted" : "";
  }
  return process_ended_ ? reason_of_target(time) : "";
}

CaptureEnd CaptureLoop::run(const CaptureOrder& order, ChildProcess* child,
                            const UniqueFd& signals) {
  child_ = child;
  duration_ = order.duration;
  flush_every_ = order.flush_every;
  progress_ = order.progress;
  began_ = flushed_ = shown_ = counted_ = now();
  UniqueFd process;
  if (!order.everything) process = watch_process(child ? child->pid() : *order.pid);
  end_ = EndOfCapture(order.everything ? EndOfCapture::Target::everything
                      : child          ? EndOfCapture::Target::command
                                       : EndOfCapture::Target::process);
  // Of a process that has ended meanwhile there is no descriptor.
  bool gone = !process && order.pid && !process_lives({*order.pid, {}});
  CaptureEnd end;
  while (end.reason.empty()) {
    const Waiting event = wait_a_little(signals, process, collector_.wake_fd());
    const Nanos time = now();
    if (event.process_ended || gone) {
      process_ended_ = true;
      end_.target_ended();
      target_ended_ = time;
      process.reset();
      gone = false;
      if (child) end.child_status = child->exit_status().value_or(0);
    }
    status_ = take_all();
    between_looks(time);
    end.reason = reason_to_end(time, event);
    end.time_over = status_ && is_over(time - began_);
  }
  if (status_) status_ = last_look();
  if (progress_) notices_ << "\r\x1b[K" << std::flush;
  end.status = status_;
  end.interrupted = asked_ && !process_ended_;
  end.wall = now() - began_;
  return end;
}

}  // namespace slotscope
