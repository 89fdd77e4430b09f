#include "tests/kvm/conformance_case.h"

#include <fmt/format.h>

#include <filesystem>

#include "analyzer/format/tables/jsonl.h"

namespace slotscope::conformance {
namespace {

constexpr VmId tested{1};

Status write_file(const std::string& path, std::string_view text) {
  auto file = create_bytes(path);
  if (!file) return std::move(file).error();
  if (Status written = (*file)->write(text); !written) return written;
  return (*file)->close();
}

Status write_trace(const std::string& path, const std::vector<Call>& calls,
                   const std::string& release) {
  auto file = create_bytes(path);
  if (!file) return std::move(file).error();
  TraceInfo info;
  info.format = "jsonl";
  info.metadata = {{"kernel", "Linux " + release}};
  const std::unique_ptr<Sink> sink = jsonl_writer(*std::move(file), info);
  std::vector<Event> events{VmMark{.time = {}, .vm = tested, .pid = {}}};
  events.insert(events.end(), calls.begin(), calls.end());
  for (const Event& event : events) {
    if (Status written = sink->write(event); !written) return written;
  }
  return sink->finish();
}

// What the command of a case of Kind::slots prints of a right model.
std::string slot_lines(const std::vector<Call>& slots) {
  std::string text;
  for (const Call& slot : slots) {
    text += fmt::format("{} {} {:#x} {} {:#x}", slot.as.value, slot.slot.value, slot.gpa.value,
                        slot.size.value, slot.hva.value);
    if (slot.flags & slot_flag::log_dirty) text += " log_dirty";
    if (slot.flags & slot_flag::readonly) text += " readonly";
    if (slot.flags & slot_flag::guest_memfd) text += " guest_memfd";
    text += '\n';
  }
  return text;
}

constexpr const char* show_slots = R"( | python3 -c '
import json, sys
for vm in json.load(sys.stdin)["vms"]:
    for space in vm["address_spaces"]:
        for slot in space["slots"]:
            print(space["as"], slot["slot"], slot["gpa"], slot["size"], slot["hva"], *slot["flags"])
')";

}  // namespace

Result<std::string> write_case(const std::string& parent, const std::string& name,
                               const Bench::Run& run, const Host& host,
                               const std::string& release) {
  const std::string folder = parent + "/" + name;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return Diagnostic{.fault = Fault::environment, .place = folder, .message = error.message()};
  if (Status trace = write_trace(folder + "/trace.jsonl", run.calls, release); !trace) {
    return std::move(trace).error();
  }
  const std::string trace = fmt::format("tests/golden/{}/trace.jsonl", name);
  const bool slots = run.mismatch->kind == Mismatch::Kind::slots;
  const std::string command =
      slots ? fmt::format("slotscope map --at end --json {}{}\n", trace, show_slots)
            : fmt::format("! slotscope log --kernel {} {} | grep 'rules say'\n", host.kernel.name,
                          trace);
  if (Status written = write_file(folder + "/cmd", command); !written) {
    return std::move(written).error();
  }
  if (slots) {
    if (Status written = write_file(folder + "/stdout", slot_lines(run.kernel_slots)); !written) {
      return std::move(written).error();
    }
  }
  return folder;
}

}  // namespace slotscope::conformance
