// Writes QEMU trace text, variant V3 (9.1 on), which slotscope and every other reader of QEMU logs
// understands. What it can't hold is lost: durations, the nanoseconds of a time, stacks, results of
// a snapshot's origin; times and threads travel in the "TID@SEC.USEC:" prefix.
#pragma once

#include <memory>

#include "analyzer/event/sink.h"
#include "analyzer/format/bytes/byte_sink.h"

namespace slotscope {

// Text holds one VM: an event of a second one is an error.
std::unique_ptr<Sink> qemu_text_writer(std::unique_ptr<ByteSink> bytes);

}  // namespace slotscope
