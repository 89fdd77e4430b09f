// The log of a trace, held back until the cause of each call's commit is known.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "analyzer/findings/log.h"
#include "analyzer/findings/vm_findings.h"

namespace slotscope {

// A call with what it did, or another event.
struct LogItem {
  Event event;
  Update update = {};
  LogEntry entry = {};  // of a traced call; its step points into this item
  bool is_call = false;
  std::optional<Cause> cause;  // of the call's commit; empty when that was too long to wait for
};

class CommitLog {
 public:
  using Emit = std::function<void(const LogItem&)>;

  // `emit` gets all events in the order of the trace.
  explicit CommitLog(Emit emit) : emit_(std::move(emit)) {}

  void add(const Event& event, const Step* step);
  // At the end of the trace.
  void finish(const Model& model);

 private:
  // A commit longer than this is shown without waiting for its end.
  static constexpr size_t most_held = 4096;

  struct Held {
    LogItem item;
    bool ready = false;
  };

  VmFindingsBuilder& vm(VmId id);
  void commit_ended(VmId vm, const FinishedCommit& commit);
  void release(size_t most_left);

  Emit emit_;
  LogBuilder log_;
  std::map<VmId, std::unique_ptr<VmFindingsBuilder>> vms_;
  std::deque<Held> held_;
};

}  // namespace slotscope
