#include "analyzer/cli/log_lines.h"

#include "analyzer/render/json/log_json.h"

namespace slotscope {

LogLines::LogLines(std::ostream& out, const TraceInfo& info, const LogLook& look)
    : out_(out),
      stacks_(info.stacks),
      log_([this](const LogItem& item) { print(item); }, clues_of(info)) {
  if (look.json) {
    out_ << json_text(log_head_json(info)) << '\n';
  } else {
    text_.emplace(out_, info, look.style);
    if (look.stacks) text_->show_stacks(stacks_);
  }
}

// Of damaged parts that hold no events, text readers are warned (TraceRun::print_warnings); a
// script that reads the lines alone would take what follows from them, such as causes, for certain.
void LogLines::end(const ReadSummary& summary) {
  if (text_) {
    if (summary.cut_off()) text_->cut_off();
    return;
  }
  const Json lacks = log_end_json(summary);
  if (!lacks.is_null()) out_ << json_text(lacks) << '\n';
}

void LogLines::print(const LogItem& item) {
  if (text_) {
    item.is_call ? text_->call(item) : text_->other(item.event);
    return;
  }
  if (item.is_call) {
    line_.clear();
    append_log_call(line_, item, *stacks_);
    out_ << (line_ += '\n');
  } else if (const Json line = log_other_json(item.event); !line.is_null()) {
    out_ << json_text(line) << '\n';
  }
}

}  // namespace slotscope
