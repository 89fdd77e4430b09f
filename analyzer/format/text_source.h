// What all line-by-line formats share: batching, counting what is skipped, placing errors.
#pragma once

#include <memory>
#include <string_view>

#include "analyzer/event/payload_numbers.h"
#include "analyzer/event/source.h"
#include "analyzer/format/cursor.h"
#include "analyzer/format/line_reader.h"
#include "analyzer/format/registry.h"

namespace slotscope {

class TextSource : public Source {
 public:
  TextSource(std::unique_ptr<ByteSource> bytes, TraceInfo info, const ReadOptions& options);

  const TraceInfo& info() const final { return info_; }
  const ReadSummary& summary() const final { return summary_; }
  Result<bool> read(EventBatch& batch) final;

 protected:
  enum class Line : uint8_t {
    used,     // told something about memslots
    skipped,  // is about something else
    bad,      // claims to be an event and can't be read; `cursor` says where and what was expected
  };

  // Parses one line and appends its events. `cursor` stands at its start.
  virtual Line parse(Cursor& cursor, std::string_view line, EventBatch& batch) = 0;

  // At the end of the trace: events that were still waiting for their other half.
  virtual void drain(EventBatch&) {}

  uint64_t line_number() const { return lines_.number(); }  // of the line being parsed, from 1

  // The trace can't be whole: `why` becomes a warning.
  void torn(std::string why);
  // Of a format that can mark its end: this file does not.
  void end_not_marked();

  TraceInfo info_;
  ReadSummary summary_;

 private:
  Result<bool> bad_line(const Cursor& cursor, std::string_view line, EventBatch& batch);

  LineReader lines_;
  PayloadNumbers numbers_;
  ReadOptions options_;
  bool ended_ = false;
};

}  // namespace slotscope
