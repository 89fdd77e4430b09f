#include <filesystem>

#include "analyzer/base/escape.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/options.h"
#include "analyzer/cli/trace_run.h"
#include "analyzer/diff/diff.h"
#include "analyzer/render/json/diff_json.h"
#include "analyzer/render/text/diff_text.h"

namespace po = boost::program_options;

namespace slotscope {
namespace {

constexpr Usage diff_usage = {
    .synopsis = "diff [options] A B",
    .about =
        "Two traces aligned by what their calls did: slot numbers, host addresses and times\n"
        "make no difference. Says what only one of them does, and how both end.",
    .examples =
        "  slotscope diff traces/notes/smm-off.log traces/notes/smm-on.log\n"
        "  slotscope diff --exit-code expected.slots boot.slots\n",
};

Result<DiffTrace> read_for_diff(const std::string& path, const ReadingOptions& options,
                                Streams& streams) {
  Result<TraceRun> run = TraceRun::open(path, options);
  if (!run) return std::move(run).error();
  DiffTraceBuilder builder(clues_of(run->info()));
  Status read = run->each([&](const Event& event, const Step* step) {
    builder.add(event, step);
    return true;
  });
  if (!read) return std::move(read).error();
  if (Status found = run->check_vm_found(); !found) return std::move(found).error();
  run->print_warnings(streams);
  DiffTrace trace = builder.finish(run->model());
  trace.completeness = completeness_of(run->summary(), trace.totals.lost.events);
  return trace;
}

// "smm-on" for "traces/notes/smm-on.log"; paths where that would say the same of both.
DiffNames names_of(const std::string& a, const std::string& b) {
  const auto stem = [](const std::string& path) {
    const std::string name = std::filesystem::path(path).filename().string();
    const size_t dot = name.rfind('.');
    return escape_for_terminal(dot == std::string::npos || dot == 0 ? name : name.substr(0, dot));
  };
  if (a == b) return {"A", "B"};
  if (stem(a) != stem(b)) return {stem(a), stem(b)};
  return {escape_for_terminal(a), escape_for_terminal(b)};
}

// The options of B: those of A, but perhaps for another VM.
Result<ReadingOptions> for_b(const ReadingOptions& options, std::optional<int64_t> vm) {
  ReadingOptions for_b = options;
  if (!vm) return for_b;
  if (!options.vm) {
    return Diagnostic{.fault = Fault::usage,
                      .message = "--vm-b goes with --vm",
                      .advice = "--vm N --vm-b M compares VM N of A with VM M of B"};
  }
  Result<VmId> id = vm_id("vm-b", *vm);
  if (!id) return std::move(id).error();
  for_b.vm = *id;
  return for_b;
}

}  // namespace

Result<Exit> run_diff(const std::vector<std::string>& arguments, Streams& streams) {
  Options command(diff_usage);
  bool exit_code = false;
  std::optional<int64_t> vm_b;
  command.add()("exit-code", po::bool_switch(&exit_code), "exit 1 when the traces differ")(
      "vm-b", po::value<int64_t>()->value_name("M")->notifier([&](int64_t vm) { vm_b = vm; }),
      "with --vm N: of B this one (default: N)");
  auto parsed = ReadingOptions::parse(command, arguments, 2, streams);
  if (!parsed) return std::move(parsed).error();
  if (!*parsed) return Exit::done;
  const ReadingOptions& options = **parsed;
  if (options.traces.size() != 2) {
    return Diagnostic{.fault = Fault::usage,
                      .message = "diff wants two traces",
                      .advice = "usage: slotscope diff [options] A B"};
  }
  Result<DiffTrace> a = read_for_diff(options.traces[0], options, streams);
  if (!a) return std::move(a).error();
  Result<ReadingOptions> options_b = for_b(options, vm_b);
  if (!options_b) return std::move(options_b).error();
  Result<DiffTrace> b = read_for_diff(options.traces[1], *options_b, streams);
  if (!b) return std::move(b).error();
  if (options_b->vm != options.vm) DiffTraceBuilder::call_it(*options.vm, *b);
  const TraceDiff result = diff(*a, *b);
  if (options.json) {
    streams.out << json_text(diff_json(result, *a, *b, {options.traces[0], options.traces[1]}), 2)
                << '\n';
  } else {
    print_diff(streams.out, result, *a, *b, names_of(options.traces[0], options.traces[1]),
               options.style);
  }
  return exit_code && !result.equal() ? Exit::no : Exit::done;
}

}  // namespace slotscope
