#include <fmt/format.h>

#include <boost/program_options.hpp>

#include "analyzer/cli/command.h"
#include "analyzer/cli/options.h"
#include "analyzer/cli/read_trace.h"
#include "analyzer/cli/trace_output.h"
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
  command.add()("output,o", po::value<std::string>()->value_name("OUT"), "the file to write, or -")(
      "to", po::value<std::string>()->value_name("FORMAT")->default_value("", "by OUT's ending"),
      "native, jsonl, csv or qemu");
  ReadingOptions::add_to(command);
  auto values = command.parse(arguments, streams);
  if (!values) return std::move(values).error();
  if (!*values) return Exit::done;
  Result<ReadingOptions> options = ReadingOptions::from(**values, 1, streams);
  if (!options) return std::move(options).error();
  if (!(*values)->count("output")) {
    return Diagnostic{.fault = Fault::usage, .message = "no output given", .advice = "-o OUT"};
  }
  Result<std::unique_ptr<Source>> source = open_for_reading(options->traces.front(), *options);
  if (!source) return std::move(source).error();
  const std::string path = (**values)["output"].as<std::string>();
  if (path == "-" && options->json) {
    return Diagnostic{.fault = Fault::usage,
                      .message = "--json and -o - both want standard output"};
  }
  Result<TraceOutput> output =
      TraceOutput::create(path, (**values)["to"].as<std::string>(), (*source)->info());
  if (!output) return std::move(output).error();
  Model model(options->kernel_for((*source)->info()), (*source)->info().faithful);
  Status written = ok();
  Status read = for_each_event(**source, model, options->vm, [&](const Event& event, const Step*) {
    written = output->write(event, model);
    return static_cast<bool>(written);
  });
  if (!written) return std::move(written).error();
  Status found = check_vm_found(model, *options, (*source)->info());
  // What was read before an unreadable line is good: where it can't be taken back, as from a pipe,
  // it says that more is missing. A file stays what it was.
  if (!read || (*source)->summary().cut_off()) {
    written = output->tear("the trace that it was converted from can't be read further");
  }
  if (written) written = read && found ? output->finish() : output->give_up();
  if (!written) return std::move(written).error();
  if (read && output->untold_losses() > 0) warn_of_losses(path, *output, streams);
  if (!read) return std::move(read).error();
  print_warnings(**source, streams);
  if (!found) return std::move(found).error();
  if (options->json) {
    const Json done = {{"schema", "slotscope.convert/1"},
                       {"path", options->traces.front()},
                       {"format", (*source)->info().format},
                       {"output", path},
                       {"calls", model.calls().value}};
    streams.out << json_text(done) << '\n';
  }
  return Exit::done;
}

}  // namespace slotscope
