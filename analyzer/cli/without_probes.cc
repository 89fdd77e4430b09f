// `record` and `slots` of a build that had no clang, bpftool or libbpf.
#include "analyzer/cli/command.h"

namespace slotscope {
namespace {

Diagnostic built_without(const char* command) {
  return {
      .fault = Fault::environment,
      .message = std::string(command) + " is not in this build: it was made without live capture",
      .advice = "build it where clang, bpftool and libbpf are (meson setup -Dprobes=enabled)"};
}

}  // namespace

Result<Exit> run_record(const std::vector<std::string>&, Streams&) {
  return built_without("record");
}

Result<Exit> run_slots(const std::vector<std::string>&, Streams&) { return built_without("slots"); }

}  // namespace slotscope
