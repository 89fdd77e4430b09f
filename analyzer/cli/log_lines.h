// The lines of `slotscope log`, of a trace or of a live capture.
#pragma once

#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "analyzer/render/text/log_text.h"
#include "analyzer/views/commit_log.h"

namespace slotscope {

struct LogLook {
  bool json = false;
  bool stacks = false;  // below each call of the text; JSON has them anyway
  Style style;
};

class LogLines {
 public:
  LogLines(std::ostream& out, const TraceInfo& info, const LogLook& look);

  void add(const Event& event, const Step* step) { log_.add(event, step); }
  // As CommitLog::settle.
  void settle(Nanos now) { log_.settle(now); }
  void finish() { log_.finish(); }
  // After finish(): what the lines don't show of the trace, if anything.
  void end(const ReadSummary& summary);

 private:
  void print(const LogItem& item);

  std::ostream& out_;
  std::shared_ptr<const StackTable> stacks_;
  std::optional<LogText> text_;  // else JSON
  std::string line_;             // of the JSON
  CommitLog log_;
};

}  // namespace slotscope
