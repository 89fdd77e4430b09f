#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analyzer/cli/command.h"
#include "analyzer/cli/live_usage.h"
#include "analyzer/render/json/slots_json.h"
#include "analyzer/render/text/slots_text.h"
#include "analyzer/views/live_slots.h"
#include "probes/collector.h"
#include "probes/host_facts.h"

namespace po = boost::program_options;

namespace slotscope {
namespace {

// Each look may be spoilt by a call that comes into it.
constexpr int most_snapshots = 50;

using Spaces = std::map<std::pair<VmId, AsId>, SpaceSnapshot>;

Result<Spaces> read_spaces(Collector& collector) {
  Spaces spaces;
  for (int look = 0; look < most_snapshots; ++look) {
    std::vector<Observation> seen;
    if (Status read = collector.read_slots(); !read) return std::move(read).error();
    if (Status drained = collector.drain(seen); !drained) return std::move(drained).error();
    for (Observation& observation : seen) {
      auto* snapshot = std::get_if<SpaceSnapshot>(&observation);
      if (!snapshot) continue;
      const std::pair key{snapshot->vm, snapshot->as};
      const auto known = spaces.find(key);
      if (known != spaces.end() && known->second.usable()) continue;
      spaces.insert_or_assign(key, std::move(*snapshot));
    }
    if (std::all_of(spaces.begin(), spaces.end(),
                    [](const auto& entry) { return entry.second.one_state; })) {
      break;
    }
  }
  return spaces;
}

LiveSpace live_space(const SpaceSnapshot& snapshot, HostRegions& regions) {
  LiveSpace space{.map = {.as = snapshot.as, .mapped = {}, .slots = {}},
                  .generation = snapshot.generation,
                  .internal_slots = snapshot.internal_slots,
                  .one_state = snapshot.one_state,
                  .complete = snapshot.complete};
  std::vector<Slot> slots;
  for (const Call& call : snapshot.slots) {
    const Slot slot = Slot::from(call);
    space.map.mapped += slot.size;
    space.map.slots.push_back({slot, regions.place(slot.hva, slot.size)});
    slots.push_back(slot);
  }
  space.map.shape = shape_of(snapshot.as, slots);
  return space;
}

std::vector<LiveVm> live_vms(const Spaces& spaces) {
  std::vector<LiveVm> vms;
  HostRegions regions;
  for (const auto& [place, snapshot] : spaces) {
    if (vms.empty() || vms.back().vm != snapshot.vm) {
      regions = HostRegions();  // each process has memory of its own
      const std::string program = program_name(snapshot.pid);
      vms.push_back({.vm = snapshot.vm,
                     .pid = snapshot.pid,
                     .command = program.empty() ? snapshot.command : program,
                     .spaces = {}});
    }
    vms.back().spaces.push_back(live_space(snapshot, regions));
  }
  return vms;
}

}  // namespace

Result<Exit> run_slots(const std::vector<std::string>& arguments, Streams& streams) {
  Options command(slots_usage);
  add_slots_options(command);
  auto values = command.parse(arguments, streams);
  if (!values) return std::move(values).error();
  if (!*values) return Exit::done;
  Result<OutputOptions> output = OutputOptions::from(**values, streams);
  if (!output) return std::move(output).error();
  const bool one = (*values)->count("pid") > 0;
  if ((*values)->count("trace") || (one && (*values)->count("all"))) {
    return Diagnostic{.fault = Fault::usage,
                      .message = "give -p PID or --all, and nothing else",
                      .advice = "map shows the slots of a trace"};
  }
  auto collector = Collector::open({.everything = !one});
  if (!collector) return std::move(collector).error();
  if (const auto& blind = (*collector)->blind()) return *blind;
  const Pid pid{one ? (**values)["pid"].as<uint32_t>() : 0};
  if (one) {
    if (Status followed = (*collector)->follow(pid); !followed) return std::move(followed).error();
  }
  Result<Spaces> spaces = read_spaces(**collector);
  if (!spaces) return std::move(spaces).error();
  const std::vector<LiveVm> vms = live_vms(*spaces);
  if (output->json) {
    streams.out << json_text(live_slots_json(vms), 2) << '\n';
  } else {
    print_live_slots(streams.out, vms, output->style);
  }
  if (!vms.empty()) return Exit::done;
  streams.err << (one ? fmt::format("process {} has no VM\n", pid.value) : "no VM is running\n");
  return one ? Exit::no : Exit::done;
}

}  // namespace slotscope
