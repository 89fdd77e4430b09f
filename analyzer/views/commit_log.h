// The log of a trace, held back until the cause of each call's commit is known.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "analyzer/findings/vm_findings.h"
#include "analyzer/views/log.h"

namespace slotscope {

struct CommitSummary {
  TranslationDiff translation;
  std::vector<Hole> holes;
  bool idle = false;  // as FinishedCommit::idle
};

// A create of exactly what an earlier call deleted.
struct PutBack {
  PairKind kind;
  SlotPair pair;
};

// A call with what it did, or another event.
struct LogItem {
  Event event;
  Update update = {};
  LogEntry entry = {};  // of a traced call; its step points into this item
  bool is_call = false;
  std::optional<Cause> cause;  // empty when its commit was too long to wait for
  // On a commit's first call: what the whole commit did. Empty when it was too long to wait for.
  std::optional<CommitSummary> effect;
  std::optional<PutBack> puts_back;
};

class CommitLog {
 public:
  using Emit = std::function<void(const LogItem&)>;

  // `emit` gets all events in the order of the trace.
  explicit CommitLog(Emit emit, const TraceClues& clues = {})
      : emit_(std::move(emit)), clues_(clues) {}

  void add(const Event& event, const Step* step);
  // Of a live capture that has seen all calls up to `now`: ends the commits to which no call can
  // come any more, so that their calls are shown now and not when the next commit begins.
  void settle(Nanos now);
  // At the end of the trace; the model that the steps came from still exists.
  void finish();

 private:
  // A commit longer than this is shown without waiting for its end.
  static constexpr size_t most_held = 4096;
  static constexpr size_t batch = 512, most_places = most_held + batch + 1;

  // An inferred commit takes no call that begins more than 100 ms after the last one
  // (CommitTracker); twice as much again for calls that are still inside the kernel.
  static constexpr Nanos settled_after{300'000'000};

  struct Held {
    LogItem item;
    bool ready = false;
  };

  struct Vm {
    explicit Vm(const TraceClues& clues) : findings(clues) {}

    VmFindingsBuilder findings;
    const VmState* state = nullptr;
    std::optional<Nanos> latest;       // call
    CommitId commit;                   // of the latest call
    bool settled = false;              // that commit's cause has been told
    std::optional<PutBack> puts_back;  // by the latest call
  };

  Vm& vm(VmId id);
  void commit_ended(VmId vm, const FinishedCommit& commit);
  void release(size_t most_left);

  Emit emit_;
  TraceClues clues_;
  LogBuilder log_;
  std::map<VmId, std::unique_ptr<Vm>> vms_;
  // Those before released_ have been emitted; their places are taken out in batches.
  std::vector<Held> held_;
  size_t released_ = 0;
};

}  // namespace slotscope
