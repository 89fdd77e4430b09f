#include <fmt/format.h>

#include <boost/program_options.hpp>
#include <optional>

#include "analyzer/cli/command.h"
#include "analyzer/cli/options.h"
#include "analyzer/cli/trace_output.h"
#include "analyzer/cli/trace_run.h"
#include "analyzer/format/writers.h"
#include "analyzer/render/json/json.h"
#include "analyzer/render/text/diagnostic_text.h"

namespace po = boost::program_options;

namespace slotscope {
namespace {

constexpr Usage convert_usage = {
    .synopsis = "convert [options] TRACE -o OUT",
    .about =
        "Writes a trace in another format: native (.slots: whole, small, fast), jsonl, csv\n"
        "(calls only), or qemu (QEMU 9.1's trace text, one VM). What the target can hold\n"
        "comes back unchanged.",
    .examples =
        "  slotscope convert qemu.log -o boot.slots\n"
        "  slotscope convert boot.slots --to csv -o - | column -s, -t | less\n",
};

void warn_of_losses(const std::string& path, const TraceOutput& output, Streams& streams) {
  const uint64_t losses = output.untold_losses();
  streams.err << diagnostic_text(
      {.place = path,
       .message = fmt::format("does not say where {} missing: its format can't",
                              losses == 1 ? "an event is" : fmt::format("{} events are", losses)),
       .advice = "native and jsonl can"},
      "warning", streams.err_style);
}

}  // namespace

Result<Exit> run_convert(const std::vector<std::string>& arguments, Streams& streams) {
  Options command(convert_usage);
  std::string format;
  std::optional<std::string> given;
  const auto output_value = po::value<std::string>()->value_name("OUT")->notifier(
      [&](const std::string& path) { given = path; });
  command.add()("output,o", output_value, "the file to write, or -")(
      "to", po::value(&format)->value_name("FORMAT")->default_value("", "by OUT's ending"),
      writer_names().c_str());
  auto parsed = ReadingOptions::parse(command, arguments, 1, streams);
  if (!parsed) return std::move(parsed).error();
  if (!*parsed) return Exit::done;
  const ReadingOptions& options = **parsed;
  if (!given) {
    return Diagnostic{.fault = Fault::usage, .message = "no output given", .advice = "-o OUT"};
  }
  const std::string& path = *given;
  Result<TraceRun> run = TraceRun::open(options.traces.front(), options);
  if (!run) return std::move(run).error();
  if (path == "-" && options.json) {
    return Diagnostic{.fault = Fault::usage,
                      .message = "--json and -o - both want standard output"};
  }
  Result<TraceOutput> output = TraceOutput::create(path, format, run->info());
  if (!output) return std::move(output).error();
  Status written = ok();
  Status read = run->each([&](const Event& event, const Step*) {
    written = output->write(event, run->model());
    return static_cast<bool>(written);
  });
  if (!written) return std::move(written).error();
  Status found = run->check_vm_found();
  // What was read before an unreadable line is good: where it can't be taken back, as from a pipe,
  // it says that more is missing. A file stays what it was.
  if (!read || run->summary().cut_off()) {
    written = output->tear("the trace that it was converted from can't be read further");
  }
  if (written) written = read && found ? output->finish() : output->give_up();
  if (!written) return std::move(written).error();
  if (read && output->untold_losses() > 0) warn_of_losses(path, *output, streams);
  if (!read) return std::move(read).error();
  run->print_warnings(streams);
  if (!found) return std::move(found).error();
  if (options.json) {
    const Json done = {{"schema", "slotscope.convert/1"},
                       {"path", options.traces.front()},
                       {"format", run->info().format},
                       {"output", path},
                       {"calls", run->model().calls().value}};
    streams.out << json_text(done) << '\n';
  }
  return Exit::done;
}

}  // namespace slotscope
