#include <filesystem>

#include "analyzer/base/escape.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/options.h"
#include "analyzer/cli/read_trace.h"
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
  Result<std::unique_ptr<Source>> source = open_for_reading(path, options);
  if (!source) return std::move(source).error();
  Model model(options.kernel_for((*source)->info()), (*source)->info().faithful);
  DiffTraceBuilder builder(clues_of((*source)->info()));
  Status read =
      for_each_event(**source, model, options.vm, [&](const Event& event, const Step* step) {
        builder.add(event, step);
        return true;
      });
  if (!read) return std::move(read).error();
  if (Status found = check_vm_found(model, options, (*source)->info()); !found) {
    return std::move(found).error();
  }
  print_warnings(**source, streams);
  DiffTrace trace = builder.finish(model);
  trace.completeness = completeness_of((*source)->summary(), trace.totals.lost.events);
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

Result<VmId> other_vm(const po::variables_map& values, const ReadingOptions& options) {
  const int64_t vm = values["vm-b"].as<int64_t>();
  if (!options.vm) {
    return Diagnostic{.fault = Fault::usage,
                      .message = "--vm-b goes with --vm",
                      .advice = "--vm N --vm-b M compares VM N of A with VM M of B"};
  }
  return vm_id("vm-b", vm);
}

}  // namespace

Result<Exit> run_diff(const std::vector<std::string>& arguments, Streams& streams) {
  Options command(diff_usage);
  command.add()("exit-code", "exit 1 when the traces differ");
  ReadingOptions::add_to(command);
  command.add()("vm-b", po::value<int64_t>()->value_name("M"), "and of B this one (default: N)");
  auto values = command.parse(arguments, streams);
  if (!values) return std::move(values).error();
  if (!*values) return Exit::done;
  Result<ReadingOptions> options = ReadingOptions::from(**values, 2, streams);
  if (!options) return std::move(options).error();
  if (options->traces.size() != 2) {
    return Diagnostic{.fault = Fault::usage,
                      .message = "diff wants two traces",
                      .advice = "usage: slotscope diff [options] A B"};
  }
  Result<DiffTrace> a = read_for_diff(options->traces[0], *options, streams);
  if (!a) return std::move(a).error();
  ReadingOptions options_b = *options;
  if ((*values)->count("vm-b")) {
    Result<VmId> vm = other_vm(**values, *options);
    if (!vm) return std::move(vm).error();
    options_b.vm = *vm;
  }
  Result<DiffTrace> b = read_for_diff(options->traces[1], options_b, streams);
  if (!b) return std::move(b).error();
  if (options_b.vm != options->vm) DiffTraceBuilder::call_it(*options->vm, *b);
  const TraceDiff result = diff(*a, *b);
  if (options->json) {
    streams.out << json_text(diff_json(result, *a, *b, {options->traces[0], options->traces[1]}), 2)
                << '\n';
  } else {
    print_diff(streams.out, result, *a, *b, names_of(options->traces[0], options->traces[1]),
               options->style);
  }
  return (*values)->count("exit-code") && !result.equal() ? Exit::no : Exit::done;
}

}  // namespace slotscope
