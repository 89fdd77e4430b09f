#include <fmt/ostream.h>

#include <boost/program_options.hpp>
#include <optional>

#include "analyzer/base/escape.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/options.h"
#include "analyzer/cli/trace_output.h"
#include "analyzer/cli/trace_run.h"
#include "analyzer/format/writers.h"
#include "analyzer/render/json/json.h"
#include "analyzer/render/text/units_text.h"
#include "analyzer/rewrite/optimize.h"

namespace po = boost::program_options;

namespace slotscope {
namespace {

constexpr Usage optimize_usage = {
    .synopsis = "optimize [options] TRACE -o OUT",
    .about =
        "Writes a shorter trace with the same slots. Levels: commit (the same slots after\n"
        "every commit), lazy (also without redundant pairs, which a guest could notice),\n"
        "final (only the slots of the end). The model compares both before anything is said.",
    .examples =
        "  slotscope optimize boot.slots -o short.slots --level lazy\n"
        "  slotscope diff boot.slots short.slots\n",
};

struct Level {
  const char* name;
  OptimizeLevel level;
  const char* keeps;
};
constexpr Level levels[] = {
    {"commit", OptimizeLevel::commit, "the same slots after every commit"},
    {"lazy", OptimizeLevel::lazy,
     "the same slots after every commit, but that slots of pairs stay"},
    {"final", OptimizeLevel::final, "the same slots at the end"},
};

Result<const Level*> level_of(const std::string& name) {
  for (const Level& level : levels) {
    if (name == level.name) return &level;
  }
  return Diagnostic{.fault = Fault::usage,
                    .message = "no level '" + escape_for_terminal(name) + "'",
                    .advice = "levels: commit, lazy, final"};
}

Result<std::vector<Event>> read_events(TraceRun& run) {
  std::vector<Event> events;
  Status read = run.each([&events](const Event& event, const Step*) {
    events.push_back(event);
    return true;
  });
  if (read) read = run.check_vm_found();
  if (!read) return std::move(read).error();
  return events;
}

Status write_events(TraceOutput& output, const std::vector<Event>& events,
                    const KernelProfile& kernel) {
  Model model(kernel, true);
  for (const Event& event : events) {
    model.apply(event);
    if (Status written = output.write(event, model); !written) return written;
  }
  return output.finish();
}

void print_done(std::ostream& out, const Optimized& done, const Level& level) {
  fmt::print(out, "{} become {}.\n", count_text(done.calls_before, "call", "calls"),
             done.calls_after);
  fmt::print(out, "Proven by the model: {}.\n", level.keeps);
  if (!done.commits_recorded && level.level != OptimizeLevel::final) {
    out << "Its commits are inferred, and not marked in the output.\n";
  }
  if (done.no_effect > 0) {
    fmt::print(out, "{} had no effect (rejected, or nothing to change).\n",
               count_text(done.no_effect, "call", "calls"));
  }
  if (done.pairs_left_out > 0) {
    fmt::print(out, "{} left out: a guest that touches such a range meanwhile can notice.\n",
               count_text(done.pairs_left_out, "redundant pair is", "redundant pairs are"));
  }
}

}  // namespace

Result<Exit> run_optimize(const std::vector<std::string>& arguments, Streams& streams) {
  Options command(optimize_usage);
  std::string format, level_name;
  std::optional<std::string> given;
  const auto output_value = po::value<std::string>()->value_name("OUT")->notifier(
      [&](const std::string& path) { given = path; });
  command.add()("output,o", output_value, "the file to write, or -")(
      "to", po::value(&format)->value_name("FORMAT")->default_value("", "by OUT's ending"),
      writer_names().c_str())("level",
                              po::value(&level_name)->value_name("LEVEL")->default_value("commit"),
                              "commit, lazy or final");
  auto parsed = ReadingOptions::parse(command, arguments, 1, streams);
  if (!parsed) return std::move(parsed).error();
  if (!*parsed) return Exit::done;
  const ReadingOptions& options = **parsed;
  if (!given) {
    return Diagnostic{.fault = Fault::usage, .message = "no output given", .advice = "-o OUT"};
  }
  const std::string& path = *given;
  Result<const Level*> level = level_of(level_name);
  if (!level) return std::move(level).error();
  Result<TraceRun> run = TraceRun::open(options.traces.front(), options);
  if (!run) return std::move(run).error();
  Result<std::vector<Event>> events = read_events(*run);
  if (!events) return std::move(events).error();
  run->print_warnings(streams);
  TraceInfo info = run->info();
  if (run->summary().cut_off()) {
    return Diagnostic{.place = info.path,
                      .message = "is cut off: what came after its last call is not known",
                      .advice = "an equivalent trace can be proven only of a whole one"};
  }
  Result<Optimized> done = optimize(*events, info.faithful, run->kernel(), (*level)->level);
  if (!done) return run->placed(std::move(done).error());
  info.faithful = true;  // every call of the replacement is an ioctl of its own
  info.metadata["optimized"] = (*level)->name;  // no VMM issued these calls
  Result<TraceOutput> output = TraceOutput::create(path, format, info);
  if (!output) return std::move(output).error();
  if (Status written = write_events(*output, done->events, run->kernel()); !written) {
    return std::move(written).error();
  }
  // With -o - the trace has standard output for itself.
  std::ostream& out = path == "-" ? streams.err : streams.out;
  if (options.json) {
    const Json answer = {{"schema", "slotscope.optimize/1"},
                         {"path", info.path},
                         {"output", path},
                         {"level", (*level)->name},
                         {"calls", {done->calls_before, done->calls_after}},
                         {"no_effect", done->no_effect},
                         {"pairs_left_out", done->pairs_left_out},
                         {"boundaries_proven", done->boundaries},
                         {"commits", done->commits_recorded ? "recorded" : "inferred"}};
    out << json_text(answer) << '\n';
  } else {
    print_done(out, *done, **level);
  }
  return Exit::done;
}

}  // namespace slotscope
