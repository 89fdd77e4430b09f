// One line per call. It fits 100 columns; times and durations are there when the trace has them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include "analyzer/event/source.h"
#include "analyzer/render/text/style.h"
#include "analyzer/views/commit_log.h"

namespace slotscope {

class LogText {
 public:
  LogText(std::ostream& out, const TraceInfo& trace, const Style& style);

  // Lines before it tell the cause of its commit, where it is another than before, and what the
  // commit tore down and put back.
  void call(const LogItem& item);
  // From here on the functions that led to a call stand below it, once for each different stack.
  void show_stacks(std::shared_ptr<const StackTable> stacks) { stacks_ = std::move(stacks); }
  // Events that are no calls but belong into the picture: losses, slots of a snapshot, what was
  // observed beside the calls.
  void other(const Event& event);
  void cut_off();

 private:
  void change_vm(VmId vm, Pid pid);
  void stack(CallNumber call, StackId id);
  void change_cause(CommitId commit, const Cause& cause);
  void holes(const CommitSummary& effect);

  std::ostream& out_;
  Style style_;
  bool timed_;
  VmId vm_{1};
  CauseKind cause_ = CauseKind::unknown;
  std::optional<Gpa> cause_at_;
  std::shared_ptr<const StackTable> stacks_;  // null: they are not shown
  std::map<StackId, CallNumber> shown_;       // with which call
  std::string line_;                          // its memory stays
};

}  // namespace slotscope
