// Where events come from: a trace file in some format, or a live capture.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/event/event.h"
#include "analyzer/event/stack_table.h"

namespace slotscope {

enum class Clock : uint8_t {
  none,         // the trace has no times
  monotonic,    // CLOCK_MONOTONIC
  realtime,     // since the epoch; may step
  time_of_day,  // since midnight
  relative,     // since the first line
};

// Known when the source is open, before the first event.
struct TraceInfo {
  std::string path;    // as the user gave it
  std::string format;  // registry name: "qemu", "native", ...
  Clock clock = Clock::none;
  // Whether each ioctl is one call. QEMU's text is not faithful: it prints one line for the two
  // ioctls of a READONLY flip (kvm_set_user_memory_region in accel/kvm/kvm-all.c, every version).
  bool faithful = true;
  // Host, kernel, CPU, VMM command line and the like, as far as the trace tells.
  std::map<std::string, std::string> metadata;
  // What Call::stack stands for. It fills as the trace is read: a stack is in it before the first
  // call that refers to it comes out of read(), unless the trace is damaged or was entered by seek.
  std::shared_ptr<StackTable> stacks = std::make_shared<StackTable>();
};

// How a trace ends.
enum class Ending : uint8_t {
  not_marked,  // as most programs' files do: whether calls are missing there can't be seen
  marked,      // with a mark that all was written
  cut_off,     // calls are missing there, or may be
};

// Final once read() has answered `false`.
struct ReadSummary {
  uint64_t skipped_lines = 0;  // not about memslots, in formats that mix lines
  uint64_t bad_lines = 0;      // claimed to be a call and could not be read (--keep-going)
  uint64_t damaged_parts = 0;  // of the file that hold no events: metadata, stacks
  Ending ending = Ending::not_marked;
  std::string end_reason;  // why the capture ended, where the trace tells
  std::vector<Diagnostic> warnings;
  bool cut_off() const { return ending == Ending::cut_off; }
};

// Where a seek landed: the next `slots` calls are not events of the trace but the slots that
// existed after call `after`, with Origin::snapshot; the calls from `after` + 1 on follow.
struct Checkpoint {
  CallNumber after{0};  // 0: the beginning, where no slots are
  uint64_t slots = 0;
};

class Source {
 public:
  virtual ~Source() = default;
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  virtual const TraceInfo& info() const = 0;

  // Replaces `batch` with the next events (at least one); false at the end of the trace, when
  // `batch` is empty. After an error what was read before it stands in `batch`.
  virtual Result<bool> read(EventBatch& batch) = 0;

  virtual const ReadSummary& summary() const = 0;

  // Moves to the last checkpoint at or before call `number`, or to the beginning; the largest
  // number means the last one. Nothing where the trace can't be read but from start to end; what
  // read() answers next is then unchanged.
  virtual Result<std::optional<Checkpoint>> seek(CallNumber) { return std::optional<Checkpoint>{}; }
};

}  // namespace slotscope
