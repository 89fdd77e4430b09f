// `record` and `slots` of a build that had no clang, bpftool or libbpf.
#include <algorithm>

#include "analyzer/cli/command.h"
#include "analyzer/cli/live_usage.h"

namespace slotscope {
namespace {

Diagnostic built_without(const char* command) {
  return {
      .fault = Fault::environment,
      .message = std::string(command) + " is not in this build: it was made without live capture",
      .advice = "build it where clang, bpftool and libbpf are (meson setup -Dprobes=enabled)"};
}

Result<Exit> explain(const char* name, Options& command, const std::vector<std::string>& arguments,
                     Streams& streams) {
  const auto separator = std::find(arguments.begin(), arguments.end(), "--");
  const bool asked = std::any_of(arguments.begin(), separator, [](const std::string& argument) {
    return argument == "--help" || argument == "-h";
  });
  if (asked) streams.out << "Not in this build: it was made without live capture.\n\n";
  auto values = command.parse({arguments.begin(), separator}, streams);
  if (!values) return std::move(values).error();
  return *values ? Result<Exit>(built_without(name)) : Result<Exit>(Exit::done);
}

}  // namespace

Result<Exit> run_record(const std::vector<std::string>& arguments, Streams& streams) {
  Options command(record_usage);
  add_record_options(command);
  return explain("record", command, arguments, streams);
}

Result<Exit> run_slots(const std::vector<std::string>& arguments, Streams& streams) {
  Options command(slots_usage);
  add_slots_options(command);
  return explain("slots", command, arguments, streams);
}

}  // namespace slotscope
