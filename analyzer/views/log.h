// One entry per call: what it was, what it did, and what the VMM said just before it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "analyzer/event/event.h"
#include "analyzer/model/host_regions.h"
#include "analyzer/model/model.h"

namespace slotscope {

struct LogEntry {
  Step step;
  HostPlace host;                    // of the slot that the call creates, changes or deletes
  std::optional<Nanos> since_first;  // since the trace's first call
  std::vector<Annotation> notes;     // said since the VM's previous call, oldest first
  uint64_t notes_left_out = 0;       // older ones, beyond `most_notes`

  static constexpr size_t most_notes = 64;
};

class LogBuilder {
 public:
  // The entry of a call; nullptr for other events. Valid until the next event.
  const LogEntry* add(const Event& event, const Step* step);

 private:
  struct Pending {
    std::vector<Annotation> notes;
    uint64_t left_out = 0;
  };

  void add_note(const Annotation& annotation);

  LogEntry entry_{};
  HostRegions regions_;
  std::map<VmId, Pending> pending_;
  std::optional<Nanos> first_;
};

}  // namespace slotscope
