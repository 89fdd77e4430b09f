// Which code processes map, as the kernel tells it while they do it (perf's side-band records): a
// process that is gone by the time anybody looks has still told everything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/base/units.h"
#include "probes/process_maps.h"

namespace slotscope {

struct MappingEvent {
  enum class Kind : uint8_t {
    mapped,    // `mapping` is there, and what was in its place is not
    executed,  // execve: nothing of what was mapped is left
    forked,    // `pid` has what `parent` had
    ended,     // by its first thread
    lost,      // events found no room: anything may have happened
  };
  Kind kind = Kind::mapped;
  Nanos time;  // on the clock of the samples
  Pid pid;
  Pid parent = {};
  CodeMapping mapping = {};
};

// The event of one perf record, header included; nothing when it tells of no process's code.
std::optional<MappingEvent> parse_mapping_event(std::span<const std::byte> record);

class MappingSource {
 public:
  virtual ~MappingSource() = default;
  MappingSource() = default;
  MappingSource(const MappingSource&) = delete;
  MappingSource& operator=(const MappingSource&) = delete;

  // Appends what has happened since the last time, in no order. What a process did before it did
  // something that has been seen by now is among it.
  virtual void read(std::vector<MappingEvent>& out) = 0;
};

// The kernel's, of all processes. Refused where perf events are.
Result<std::unique_ptr<MappingSource>> open_mapping_events();

}  // namespace slotscope
