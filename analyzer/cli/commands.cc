#include "analyzer/cli/command.h"

namespace slotscope {

bool color_by_default(bool is_terminal) {
  const char* no_color = std::getenv("NO_COLOR");
  return is_terminal && (!no_color || !*no_color);
}

std::span<const Command> commands() {
  static constexpr Command all[] = {
      {"record", "capture the calls of a VMM, from its start or as it runs", run_record},
      {"slots", "the slots that the kernel holds now, of any running VM", run_slots},
      {"report", "what happened: calls, updates, commits, slots", run_report},
      {"log", "one line per call: what it was and what it did", run_log},
      {"map", "the guest's memory map at any point", run_map},
      {"diff", "two traces aligned by what they did", run_diff},
      {"replay", "issue the calls again on a scratch VM and measure them", run_replay},
      {"optimize", "the same slots with fewer calls, as a trace", run_optimize},
      {"check", "holds a trace against a budget, for a VMM's CI", run_check},
      {"convert", "write a trace in another format", run_convert},
  };
  return all;
}

}  // namespace slotscope
