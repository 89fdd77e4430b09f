#include "analyzer/causes/trace_clues.h"

namespace slotscope {

// Text that is not faithful is QEMU's; a capture tells the command.
TraceClues clues_of(const TraceInfo& trace) {
  const auto command = trace.metadata.find("command");
  const bool says_qemu =
      command != trace.metadata.end() && command->second.find("qemu") != std::string::npos;
  return {.stacks = trace.stacks, .qemu = !trace.faithful || says_qemu};
}

}  // namespace slotscope
