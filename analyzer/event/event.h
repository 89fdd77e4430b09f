// What a trace is made of, in the order in which it happened.
#pragma once

#include <optional>
#include <type_traits>
#include <variant>
#include <vector>

#include "analyzer/base/units.h"
#include "analyzer/event/annotation.h"
#include "analyzer/event/call.h"

namespace slotscope {

// Events are missing here. Loss is data: it is shown first, and taints every conclusion after it.
struct Loss {
  enum class Reason : uint8_t {
    dropped,    // the tracer's buffer was full
    undecoded,  // the tracer saw the call but not what it asked for
    damaged,    // a part of the file can't be read
  };
  std::optional<Nanos> time;
  VmId vm{0};          // 0: any VM of the trace
  uint64_t count = 0;  // lost events; 0: at least one
  Reason reason = Reason::dropped;
  bool operator==(const Loss&) const = default;
};

// The calls between begin and end of one VMM memory transaction carry its id.
struct CommitMark {
  enum class Edge : uint8_t { begin, end };
  std::optional<Nanos> time;
  CommitId commit;
  VmId vm{1};
  Tid tid;
  Edge edge = Edge::begin;
  bool operator==(const CommitMark&) const = default;
};

// A VM seen being created: its first call starts from an empty slot table.
struct VmMark {
  enum class Edge : uint8_t { start, end };
  std::optional<Nanos> time;
  VmId vm{1};
  Pid pid;
  Edge edge = Edge::start;
  bool operator==(const VmMark&) const = default;
};

using Event = std::variant<Call, Loss, CommitMark, VmMark, Annotation>;
static_assert(std::is_trivially_copyable_v<Event>,
              "batches are cleared and moved millions of times");

using EventBatch = std::vector<Event>;

}  // namespace slotscope
