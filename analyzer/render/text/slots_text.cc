#include "analyzer/render/text/slots_text.h"

#include <fmt/ostream.h>

#include "analyzer/base/escape.h"
#include "analyzer/render/text/map_text.h"
#include "analyzer/render/text/units_text.h"

namespace slotscope {
namespace {

void print_space(std::ostream& out, const LiveVm& vm, const LiveSpace& space, const Style& style) {
  const SpaceMap& map = space.map;
  std::string title =
      fmt::format("{} (pid {}, vm {}), address space {}{}: {}, {}, generation {}",
                  escape_for_terminal(vm.command), vm.pid.value, vm.vm.value, map.as.value,
                  map.as.value == 1 ? " (SMM)" : "", count_text(map.slots.size(), "slot", "slots"),
                  size_text(map.mapped), space.generation);
  if (space.internal_slots) title += fmt::format(", and {} of KVM's own", space.internal_slots);
  fmt::print(out, "{}\n", style.bold(title));
  if (!space.one_state) {
    fmt::print(out, "  {}\n", style.warn("changing too fast to be read at one moment"));
  }
  if (!space.complete) fmt::print(out, "  {}\n", style.warn("some slots are not shown"));
  print_slots(out, map, style);
}

}  // namespace

void print_live_slots(std::ostream& out, std::span<const LiveVm> vms, const Style& style) {
  bool first = true;
  for (const LiveVm& vm : vms) {
    for (const LiveSpace& space : vm.spaces) {
      if (!first) out << '\n';
      first = false;
      print_space(out, vm, space, style);
    }
  }
}

}  // namespace slotscope
