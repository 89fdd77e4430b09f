#include <fmt/ostream.h>

#include <boost/program_options.hpp>

#include "analyzer/base/escape.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/options.h"
#include "analyzer/cli/read_trace.h"
#include "analyzer/cli/trace_output.h"
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

Result<std::vector<Event>> read_events(Source& source, const ReadingOptions& options) {
  std::vector<Event> events;
  Model model(options.kernel_for(source.info()), source.info().faithful);
  Status read =
      for_each_event(source, model, options.vm, [&events](const Event& event, const Step*) {
        events.push_back(event);
        return true;
      });
  if (read) read = check_vm_found(model, options, source.info());
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
  command.add()("output,o", po::value<std::string>()->value_name("OUT"), "the file to write, or -")(
      "to", po::value<std::string>()->value_name("FORMAT")->default_value("", "by OUT's ending"),
      "native, jsonl, csv or qemu")(
      "level", po::value<std::string>()->value_name("LEVEL")->default_value("commit"),
      "commit, lazy or final");
  ReadingOptions::add_to(command);
  auto values = command.parse(arguments, streams);
  if (!values) return std::move(values).error();
  if (!*values) return Exit::done;
  Result<ReadingOptions> options = ReadingOptions::from(**values, 1, streams);
  if (!options) return std::move(options).error();
  if (!(*values)->count("output")) {
    return Diagnostic{.fault = Fault::usage, .message = "no output given", .advice = "-o OUT"};
  }
  Result<const Level*> level = level_of((**values)["level"].as<std::string>());
  if (!level) return std::move(level).error();
  Result<std::unique_ptr<Source>> source = open_for_reading(options->traces.front(), *options);
  if (!source) return std::move(source).error();
  TraceInfo info = (*source)->info();
  Result<std::vector<Event>> events = read_events(**source, *options);
  if (!events) return std::move(events).error();
  print_warnings(**source, streams);
  if ((*source)->summary().cut_off()) {
    return Diagnostic{.place = info.path,
                      .message = "is cut off: what came after its last call is not known",
                      .advice = "an equivalent trace can be proven only of a whole one"};
  }
  Result<Optimized> done =
      optimize(*events, info.faithful, options->kernel_for(info), (*level)->level);
  if (!done) {
    Diagnostic error = std::move(done).error();
    error.place = info.path;
    return error;
  }
  info.faithful = true;  // every call of the replacement is an ioctl of its own
  info.metadata["optimized"] = (*level)->name;  // no VMM issued these calls
  const std::string path = (**values)["output"].as<std::string>();
  Result<TraceOutput> output = TraceOutput::create(path, (**values)["to"].as<std::string>(), info);
  if (!output) return std::move(output).error();
  if (Status written = write_events(*output, done->events, options->kernel_for(info)); !written) {
    return std::move(written).error();
  }
  // With -o - the trace has standard output for itself.
  std::ostream& out = path == "-" ? streams.err : streams.out;
  if (options->json) {
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
