#include "analyzer/cli/record_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>

#include "analyzer/base/escape.h"
#include "analyzer/cli/live_usage.h"

namespace po = boost::program_options;

namespace slotscope {
namespace {

Diagnostic wrong(std::string message, std::string advice = {}) {
  return {.fault = Fault::usage, .message = std::move(message), .advice = std::move(advice)};
}

// What can tell its readers of losses; a capture may have some.
bool holds_captures(const WriterFormat* writer) { return writer && writer->holds_losses; }

// nullptr for the lines of `slotscope log`.
Result<const WriterFormat*> writer_of(const po::variables_map& values, const std::string& output) {
  if (values.count("to")) {
    const std::string to = values["to"].as<std::string>();
    const WriterFormat* named = writer_named(to);
    if (to == "log" || holds_captures(named)) return named;
    return wrong("--to is native, jsonl or log, not '" + escape_for_terminal(to) + "'");
  }
  if (output == "-" || output.ends_with(".log") || output.ends_with(".txt")) {
    return static_cast<const WriterFormat*>(nullptr);
  }
  const WriterFormat* by_ending = writer_for_file(output);
  return holds_captures(by_ending) ? by_ending : &native_output;
}

Result<std::optional<Backend>> backend_of(const std::string& name) {
  if (name == "auto") return std::optional<Backend>();
  for (const BackendName& candidate : backend_names) {
    if (candidate.name == name) return std::optional(candidate.backend);
  }
  return wrong("--backend is auto, fentry, kprobe or syscalls, not '" + escape_for_terminal(name) +
               "'");
}

Status check_target(const RecordOptions& options, const po::variables_map& values) {
  const int targets = !options.command.empty() + options.pid.has_value() + options.everything;
  if (values.count("trace")) {
    return wrong("unexpected '" +
                     escape_for_terminal(values["trace"].as<std::vector<std::string>>().front()) +
                     "'",
                 "put the command to record behind --");
  }
  if (targets != 1) {
    return wrong(targets == 0 ? "nothing to record" : "more than one thing to record",
                 "give -p PID, --all, or -- COMMAND");
  }
  if (options.everything && options.commits) {
    return wrong("--commits needs one VMM", "give -p PID or -- COMMAND instead of --all");
  }
  return ok();
}

// Digits with an optional fraction, then a unit.
template <class Number>
bool split_number(const std::string& text, Number& number, std::string_view& unit) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  unit = {stop, static_cast<size_t>(text.data() + text.size() - stop)};
  return error == std::errc();
}

}  // namespace

Result<Bytes> parse_buffer_size(const std::string& text) {
  constexpr uint64_t page = 4096, most = uint64_t{1} << 30;
  uint64_t number = 0;
  std::string_view unit;
  if (split_number(text, number, unit) && number > 0 && number <= most) {
    const uint64_t factor = unit.empty()  ? 1
                            : unit == "K" ? uint64_t{1} << 10
                            : unit == "M" ? uint64_t{1} << 20
                            : unit == "G" ? uint64_t{1} << 30
                                          : 0;
    if (factor != 0 && number <= most / factor) {
      return Bytes{std::bit_ceil(std::max(number * factor, page))};
    }
  }
  return wrong("--buffer is a size up to 1G such as 512K or 16M, not '" +
               escape_for_terminal(text) + "'");
}

Result<Nanos> parse_duration(const std::string& text) {
  constexpr double longest = 1e9;  // seconds: 30 years
  double number = 0;
  std::string_view unit;
  if (split_number(text, number, unit)) {
    const double seconds = unit == "ms" ? number / 1e3 : unit.empty() || unit == "s" ? number : -1;
    if (seconds > 0 && seconds < longest) return Nanos{static_cast<int64_t>(seconds * 1e9)};
  }
  return wrong("--duration is a time such as 10, 2.5s or 500ms, not '" + escape_for_terminal(text) +
               "'");
}

Result<std::optional<RecordOptions>> parse_record_options(const std::vector<std::string>& arguments,
                                                          Streams& streams) {
  RecordOptions options;
  const auto separator = std::find(arguments.begin(), arguments.end(), "--");
  if (separator != arguments.end()) options.command.assign(separator + 1, arguments.end());
  Options command(record_usage);
  add_record_options(command);
  auto parsed = command.parse({arguments.begin(), separator}, streams);
  if (!parsed) return std::move(parsed).error();
  if (!*parsed) return std::optional<RecordOptions>();
  const po::variables_map& values = **parsed;
  if (values.count("pid")) options.pid = Pid{values["pid"].as<uint32_t>()};
  options.everything = values.count("all") > 0;
  options.commits = values.count("commits") > 0;
  options.stacks = values.count("stacks") > 0;
  options.phases = values.count("phases") > 0;
  options.json = values.count("json") > 0;
  options.output = values["output"].as<std::string>();
  if (Status target = check_target(options, values); !target) return std::move(target).error();
  Result<const WriterFormat*> writer = writer_of(values, options.output);
  if (!writer) return std::move(writer).error();
  options.writer = *writer;
  Result<std::optional<Backend>> backend = backend_of(values["backend"].as<std::string>());
  if (!backend) return std::move(backend).error();
  options.backend = *backend;
  if (options.stacks) options.buffer = stacks_buffer;
  if (values.count("buffer")) {
    Result<Bytes> buffer = parse_buffer_size(values["buffer"].as<std::string>());
    if (!buffer) return std::move(buffer).error();
    options.buffer = *buffer;
  }
  if (values.count("duration")) {
    Result<Nanos> duration = parse_duration(values["duration"].as<std::string>());
    if (!duration) return std::move(duration).error();
    options.duration = *duration;
  }
  return std::optional(std::move(options));
}

}  // namespace slotscope
