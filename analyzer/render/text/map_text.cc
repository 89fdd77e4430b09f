#include "analyzer/render/text/map_text.h"

#include <fmt/ostream.h>

#include <algorithm>

#include "analyzer/render/text/host_text.h"
#include "analyzer/render/text/shape_text.h"
#include "analyzer/render/text/units_text.h"
#include "analyzer/render/text/wrapped_text.h"

namespace slotscope {
namespace {

constexpr const char* map_columns = "  {:<25} {:>10}  {:<10} {:<8} {}";

void print_row(std::ostream& out, const std::string& range, const std::string& size,
               const std::string& slot, const std::string& mode, const std::string& host) {
  std::string line = fmt::format(fmt::runtime(map_columns), range, size, slot, mode, host);
  line.erase(line.find_last_not_of(' ') + 1);
  out << line << '\n';
}

std::string host_cell(const MappedSlot& mapped) {
  const std::string address = address_text(mapped.slot.hva.value);
  return mapped.host ? fmt::format("{:<13} {}", host_text(*mapped.host), address) : address;
}

void print_space(std::ostream& out, const SpaceMap& space, const Style& style) {
  const std::string title =
      fmt::format("address space {}{}: {}, {}", space.as.value, space.as.value == 1 ? " (SMM)" : "",
                  count_text(space.slots.size(), "slot", "slots"), size_text(space.mapped));
  fmt::print(out, "{}\n", style.bold(title));
  print_slots(out, space, style);
}

std::string point_text(const MemoryMap& map, std::optional<CallNumber> calls) {
  std::string text = map.after.value ? fmt::format("After call {}", map.after.value)
                                     : std::string("Before the first call");
  if (calls) text += fmt::format(" of {}", calls->value);
  if (map.since_first) text += fmt::format(", {} after the first", duration_text(*map.since_first));
  return text;
}

void print_doubts(std::ostream& out, const MemoryMap& map, const Style& style) {
  const auto warn = [&](const std::string& line) {
    fmt::print(out, "{}\n", style.warn(wrapped_text(line, 0, style.width)));
  };
  if (map.lost > 0) {
    warn(fmt::format("Uncertain: {} lost before this point.",
                     map.lost == 1 ? "an event was" : fmt::format("{} events were", map.lost)));
  }
  if (map.cut_off) warn("The trace is cut off here: what came later is not in it.");
  const bool learnt =
      std::any_of(map.vms.begin(), map.vms.end(), [](const VmMap& vm) { return vm.learnt; });
  if (learnt) {
    warn("The trace begins in mid-life: slots that no call of it names are missing here.");
  }
}

}  // namespace

void print_slots(std::ostream& out, const SpaceMap& space, const Style& style) {
  Gpa reached{0};
  for (const MappedSlot& mapped : space.slots) {
    const GpaRange range = mapped.slot.range();
    if (range.begin > reached) {
      const GpaRange gap{reached, range.begin};
      print_row(out, range_text(gap), size_text(gap.size()), "-", "", style.dim("not mapped"));
    }
    print_row(out, range_text(range), size_text(range.size()),
              fmt::format("slot {}", mapped.slot.id.value), mode_text(mapped.slot.flags),
              host_cell(mapped));
    reached = range.end;
  }
  print_shape(out, space.shape, style);
}

void print_map(std::ostream& out, const MemoryMap& map, std::optional<CallNumber> calls,
               const Style& style) {
  std::string head = point_text(map, calls);
  if (map.vms.size() == 1 && map.vms.front().commit.value) {
    const VmMap& vm = map.vms.front();
    head += fmt::format(" (commit {}, {})", vm.commit.value,
                        vm.commits_recorded ? "recorded" : "inferred");
  }
  fmt::print(out, "{}\n", head);
  print_doubts(out, map, style);
  if (map.vms.empty()) fmt::print(out, "no slots\n");
  for (const VmMap& vm : map.vms) {
    if (map.vms.size() > 1) {
      fmt::print(out, "\n{}\n",
                 style.bold(vm.pid.value ? fmt::format("VM {} (pid {})", vm.vm.value, vm.pid.value)
                                         : fmt::format("VM {}", vm.vm.value)));
    }
    for (const SpaceMap& space : vm.spaces) {
      out << '\n';
      print_space(out, space, style);
    }
  }
}

}  // namespace slotscope
