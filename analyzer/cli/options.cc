#include "analyzer/cli/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <sstream>

#include "analyzer/base/escape.h"

namespace po = boost::program_options;

namespace slotscope {
namespace {

constexpr unsigned help_width = 80;

Diagnostic usage_error(std::string message, const Usage& usage) {
  return {.fault = Fault::usage,
          .message = std::move(message),
          .advice = fmt::format("usage: slotscope {}", usage.synopsis)};
}

Result<bool> wants_color(const std::string& when, bool terminal) {
  if (when == "always") return true;
  if (when == "never") return false;
  if (when != "auto") {
    return Diagnostic{
        .fault = Fault::usage,
        .message = "--color is auto, always or never, not '" + escape_for_terminal(when) + "'"};
  }
  return color_by_default(terminal);
}

}  // namespace

Options::Options(const Usage& usage) : usage_(usage), own_("options", help_width, help_width / 2) {}

std::string Options::help() const {
  std::ostringstream text;
  text << "usage: slotscope " << usage_.synopsis << "\n\n"
       << usage_.about << "\n\n"
       << own_ << "\nexamples:\n"
       << usage_.examples;
  return text.str();
}

Result<std::optional<po::variables_map>> Options::parse(const std::vector<std::string>& arguments,
                                                        Streams& streams) {
  own_.add_options()("help,h", "this text");
  po::options_description all;
  all.add(own_).add_options()("trace", po::value<std::vector<std::string>>());
  po::positional_options_description positional;
  positional.add("trace", -1);
  po::variables_map values;
  try {
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::store(
        po::command_line_parser(arguments).options(all).positional(positional).style(style).run(),
        values);
    po::notify(values);
  } catch (const po::error& error) {
    return usage_error(escape_for_terminal(error.what()), usage_);
  }
  if (values.count("help")) {
    streams.out << help();
    return std::optional<po::variables_map>();
  }
  return std::optional(std::move(values));
}

// Boost would read -1 into an unsigned number.
Result<VmId> vm_id(const char* option, int64_t value) {
  if (value >= 1 && value <= std::numeric_limits<uint32_t>::max()) {
    return VmId{static_cast<uint32_t>(value)};
  }
  return Diagnostic{.fault = Fault::usage,
                    .message = fmt::format("--{} is a number from 1 on, not {}", option, value)};
}

void OutputOptions::add_to(Options& options) {
  options.add()("json", "JSON instead of text")(
      "color", po::value<std::string>()->value_name("WHEN")->default_value("auto"),
      "auto, always or never");
}

Result<OutputOptions> OutputOptions::from(const po::variables_map& values, const Streams& streams) {
  Result<bool> color = wants_color(values["color"].as<std::string>(), streams.out_is_terminal);
  if (!color) return std::move(color).error();
  return OutputOptions{.json = values.count("json") > 0, .style = {*color}};
}

void ReadingOptions::add_to(Options& options) {
  std::string kernels;
  for (const KernelProfile& kernel : kernel_profiles()) {
    kernels += fmt::format("{}{}", kernels.empty() ? "" : ", ", kernel.name);
  }
  options.add()("json", "JSON instead of text")(
      "kernel", po::value<std::string>()->value_name("VERSION"),
      fmt::format("whose rules judge the results: {}; without it the trace's own, else {}", kernels,
                  newest_kernel().name)
          .c_str())("vm", po::value<int64_t>()->value_name("N"), "only this VM of the trace")(
      "keep-going", "count unreadable lines instead of stopping")(
      "color", po::value<std::string>()->value_name("WHEN")->default_value("auto"),
      "auto, always or never");
}

Result<ReadingOptions> ReadingOptions::from(const po::variables_map& values, size_t most,
                                            const Streams& streams) {
  ReadingOptions options;
  if (values.count("trace")) options.traces = values["trace"].as<std::vector<std::string>>();
  if (options.traces.empty()) {
    return Diagnostic{.fault = Fault::usage,
                      .message = "no trace given",
                      .advice = "name a trace file, or - for standard input"};
  }
  if (std::count(options.traces.begin(), options.traces.end(), "-") > 1) {
    return Diagnostic{.fault = Fault::usage, .message = "standard input can be read only once"};
  }
  if (options.traces.size() > most) {
    return Diagnostic{
        .fault = Fault::usage,
        .message = fmt::format("{} traces given, {} wanted", options.traces.size(), most)};
  }
  if (values.count("kernel")) {
    Result<KernelProfile> kernel = kernel_profile(values["kernel"].as<std::string>());
    if (!kernel) return std::move(kernel).error();
    options.kernel = *kernel;
  }
  Result<bool> color = wants_color(values["color"].as<std::string>(), streams.out_is_terminal);
  if (!color) return std::move(color).error();
  options.style = {.color = *color, .width = streams.out_width};
  options.json = values.count("json") > 0;
  options.read.keep_going = values.count("keep-going") > 0;
  if (values.count("vm")) {
    Result<VmId> vm = vm_id("vm", values["vm"].as<int64_t>());
    if (!vm) return std::move(vm).error();
    options.vm = *vm;
  }
  return options;
}

Result<std::optional<ReadingOptions>> ReadingOptions::parse(
    Options& command, const std::vector<std::string>& arguments, size_t most, Streams& streams) {
  add_to(command);
  auto values = command.parse(arguments, streams);
  if (!values) return std::move(values).error();
  if (!*values) return std::optional<ReadingOptions>();
  Result<ReadingOptions> options = from(**values, most, streams);
  if (!options) return std::move(options).error();
  return std::optional(*std::move(options));
}

KernelProfile ReadingOptions::kernel_for(const TraceInfo& trace) const {
  if (kernel) return *kernel;
  return profile_of_host(trace.metadata).value_or(newest_kernel());
}

}  // namespace slotscope
