// What a trace as a whole tells about the causes of its calls.
#pragma once

#include <memory>

#include "analyzer/event/source.h"

namespace slotscope {

struct TraceClues {
  std::shared_ptr<const StackTable> stacks;  // none: the trace has no stacks
  bool qemu = false;                         // the VMM is known to be QEMU
};

TraceClues clues_of(const TraceInfo& trace);

}  // namespace slotscope
