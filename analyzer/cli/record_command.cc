#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/escape.h"
#include "analyzer/capture/capture_loop.h"
#include "analyzer/cli/record_options.h"
#include "analyzer/cli/record_output.h"
#include "analyzer/cli/record_summary.h"
#include "analyzer/cli/version.h"
#include "analyzer/render/text/diagnostic_text.h"
#include "analyzer/render/text/units_text.h"
#include "probes/host_facts.h"

namespace slotscope {
namespace {

constexpr Nanos flush_trace_every{1'000'000'000};
constexpr Nanos flush_lines_every{100'000'000};  // somebody may be looking

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

TraceInfo trace_info(const RecordOptions& options) {
  TraceInfo info{.path = options.output,
                 .format = "record",
                 .clock = Clock::monotonic,
                 .metadata = host_metadata()};
  info.metadata["slotscope"] = version;
  const std::string command = options.pid ? command_line(*options.pid) : joined(options.command);
  if (!command.empty()) info.metadata["command"] = command;
  return info;
}

std::string vmm_binary(const RecordOptions& options) {
  return options.pid ? fmt::format("/proc/{}/exe", options.pid->value)
                     : find_program(options.command[0]);
}

std::string next_step_text(const RecordOptions& options, const Completeness& completeness) {
  struct stat file;
  if (options.output == "-" || stat(options.output.c_str(), &file) != 0) return {};
  const std::string size = size_text(Bytes{static_cast<uint64_t>(file.st_size)});
  std::string text = fmt::format("{} {} ({})", escape_for_terminal(options.output),
                                 completeness.whole() ? "is whole" : "lacks calls", size);
  if (!options.writer) return text + "\n";
  return text + fmt::format(". Next: slotscope report {}\n", shell_word(options.output));
}

// Everything that a capture needs, in the order of its making: what fails cheapest comes first, and
// the command last, so that it never starts in vain.
struct Session {
  std::unique_ptr<Collector> collector;
  UniqueFd signals;
  std::unique_ptr<CaptureOutput> output;
  std::optional<ChildProcess> child;
  Pid pid;
  std::vector<std::string> refused;     // better backends, and why
  std::vector<std::string> unmeasured;  // of --phases
};

// "recording qemu-system-x86_64 (pid 4242): system call tracepoints (fentry refused: ...)"
std::string head_text(const RecordOptions& options, const Session& session) {
  std::string text = "recording ";
  if (options.everything) {
    text += "every VM";
  } else {
    std::string program = options.pid ? program_name(session.pid) : options.command[0];
    program = program.substr(program.find_last_of('/') + 1);
    text += fmt::format("{} (pid {})", escape_for_terminal(program), session.pid.value);
  }
  text += fmt::format(": {}", name_of(session.collector->backend()).title);
  std::string reasons;
  for (const std::string& why : session.refused) reasons += (reasons.empty() ? "" : "; ") + why;
  text += reasons.empty() ? "\n" : " (" + reasons + ")\n";
  for (const std::string& what : session.unmeasured) text += "not measured: " + what + "\n";
  return text;
}

Status hold_target(Session& session, const RecordOptions& options) {
  session.pid = options.pid.value_or(Pid{});
  if (!options.command.empty()) {
    Result<ChildProcess> held = ChildProcess::hold(options.command);
    if (!held) return std::move(held).error();
    session.child = *std::move(held);
    session.pid = session.child->pid();
  }
  return options.everything ? ok() : session.collector->follow(session.pid);
}

Status attach(Session& session, const RecordOptions& options) {
  if (options.phases) {
    Result<std::vector<std::string>> unmeasured = session.collector->attach_phases();
    if (!unmeasured) return std::move(unmeasured).error();
    session.unmeasured = *std::move(unmeasured);
  }
  Result<std::vector<std::string>> refused = session.collector->attach(options.backend);
  if (!refused) return std::move(refused).error();
  session.refused = *std::move(refused);
  if (!options.commits) return ok();
  return session.collector->attach_commits(vmm_binary(options));
}

// A process whose stacks are taken may live for milliseconds, and what it has mapped must be read
// before it goes. Without the right to it the capture is as good as the scheduler lets it be.
void hurry() { setpriority(PRIO_PROCESS, 0, -20); }

Result<Session> open_session(const RecordOptions& options, const Streams& streams) {
  Session session;
  const TraceInfo info = trace_info(options);
  auto collector = Collector::open({.everything = options.everything,
                                    .buffer = options.buffer,
                                    .stacks = options.stacks ? info.stacks : nullptr});
  if (!collector) return std::move(collector).error();
  session.collector = *std::move(collector);
  Result<UniqueFd> signals = CaptureLoop::catch_signals();
  if (!signals) return std::move(signals).error();
  session.signals = *std::move(signals);
  auto output = create_record_output(options, info, session.signals.get(), streams);
  if (!output) return std::move(output).error();
  session.output = *std::move(output);
  if (Status held = hold_target(session, options); !held) return std::move(held).error();
  if (options.stacks) hurry();  // after the command was forked, which does not inherit it
  if (Status attached = attach(session, options); !attached) return std::move(attached).error();
  return session;
}

RecordSummary summary_of(const Session& session, const Recording& recording, const CaptureEnd& end,
                         const RecordOptions& options) {
  RecordSummary summary{.totals = recording.totals(),
                        .checks = recording.checks(),
                        .wall = end.wall,
                        .backend = std::string(name_of(session.collector->backend()).name),
                        .output = options.output,
                        .end_reason = end.reason,
                        .skipped_runs = session.collector->skipped_runs(),
                        .lost_stacks = session.collector->lost_stacks(),
                        .gone_stacks = session.collector->gone_stacks()};
  if (const auto& blind = session.collector->blind()) {
    summary.unchecked = blind->message;
  } else if (!session.collector->sees_the_end()) {
    summary.unchecked = "before Linux 5.17 nobody can look when a process ends";
  }
  return summary;
}

void print_summary(const RecordSummary& summary, const RecordOptions& options, Streams& streams) {
  streams.err << record_summary_text(summary);
  if (options.json && options.output != "-") {
    streams.out << json_text(record_summary_json(summary), 2) << '\n';
  }
}

// The command's status speaks for a trace that has all of its calls; another is the answer "no".
Result<Exit> done(const Status& written, const Completeness& completeness, int child_status) {
  if (!written) return written.error();
  return completeness.whole() ? static_cast<Exit>(child_status) : Exit::no;
}

Status finish(CaptureOutput& output, const Recording& recording, const CaptureEnd& end) {
  Status stored = ok();
  const std::vector<Call> slots = recording.kernel_slots();
  if (end.status && !slots.empty()) stored = output.store_slots(slots);
  Status finished = output.finish(end.reason);
  return stored ? finished : stored;
}

CaptureOrder order_of(const RecordOptions& options, const Streams& streams) {
  return {.pid = options.pid,
          .everything = options.everything,
          .duration = options.duration,
          .flush_every = options.writer == &native_output ? flush_trace_every : flush_lines_every,
          .progress = streams.err_is_terminal && options.output != "-"};
}

Result<Exit> record(const RecordOptions& options, Streams& streams) {
  if (!options.command.empty()) {
    if (Status able = check_program(options.command[0]); !able) return std::move(able).error();
  }
  Result<Session> session = open_session(options, streams);
  if (!session) return std::move(session).error();
  ChildProcess* child = session->child ? &*session->child : nullptr;
  Recording recording(newest_kernel(), [&](const Event& event, const Step* step) {
    return session->output->write(event, step);
  });
  CaptureLoop loop(*session->collector, recording, *session->output, streams.err);
  if (Status started = loop.start(); !started) return std::move(started).error();
  Result<std::string> begun = session->output->begin();
  if (!begun) return std::move(begun).error();
  if (child) {
    if (Status released = child->release(); !released) {
      session->output->discard();
      return std::move(released).error();
    }
  }
  streams.err << head_text(options, *session) << *begun << std::flush;
  CaptureEnd end = loop.run(order_of(options, streams), child, session->signals);
  const Status finished = finish(*session->output, recording, end);
  const Status& written = end.status ? finished : end.status;
  RecordSummary summary = summary_of(*session, recording, end, options);
  summary.ended_early = !written;
  const Completeness completeness = completeness_of(summary);
  print_summary(summary, options, streams);
  streams.err << (written ? next_step_text(options, completeness)
                          : "the recording ended early: " + written.error().message + "\n")
              << std::flush;
  session->collector.reset();
  if (!child || end.interrupted) return done(written, completeness, end.child_status);
  // With --duration the user expects the prompt back. Otherwise the command is in the user's
  // foreground, and stays there after the capture.
  if (end.time_over) child->send(SIGTERM);
  const int status = CaptureLoop::wait_for(*child, session->signals);
  return done(written, completeness, end.time_over ? 0 : status);
}

}  // namespace

Result<Exit> run_record(const std::vector<std::string>& arguments, Streams& streams) {
  Result<std::optional<RecordOptions>> options = parse_record_options(arguments, streams);
  if (!options) return std::move(options).error();
  if (!*options) return Exit::done;
  return record(**options, streams);
}

}  // namespace slotscope
