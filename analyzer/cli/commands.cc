#include "analyzer/cli/command.h"

namespace slotscope {

std::span<const Command> commands() {
  static constexpr Command all[] = {
      {"report", "what happened: calls, updates, commits, slots", run_report},
      {"log", "one line per call: what it was and what it did", run_log},
      {"map", "the guest's memory map at any point", run_map},
      {"convert", "write a trace in another format", run_convert},
      {"check", "holds a trace against a budget, for a VMM's CI", run_check},
      {"diff", "two traces aligned by what they did", run_diff},
  };
  return all;
}

}  // namespace slotscope
