#include "analyzer/cli/record_output.h"

#include <sstream>

#include "analyzer/findings/log.h"
#include "analyzer/format/byte_sink.h"
#include "analyzer/format/native_writer.h"
#include "analyzer/render/log_json.h"
#include "analyzer/render/log_text.h"

namespace slotscope {
namespace {

class NativeOutput : public RecordOutput {
 public:
  explicit NativeOutput(std::unique_ptr<NativeWriter> writer) : writer_(std::move(writer)) {}

  Status write(const Event& event, const Step*) override { return writer_->write(event); }
  Status flush() override { return writer_->flush(); }
  Status finish(const std::string& reason) override {
    writer_->set_end_reason(reason);
    return writer_->finish();
  }

 private:
  std::unique_ptr<NativeWriter> writer_;
};

// The lines of `slotscope log`, as the calls come: without causes, which want the whole commit.
class LogOutput : public RecordOutput {
 public:
  LogOutput(std::unique_ptr<ByteSink> bytes, const TraceInfo& info, bool json, Style style)
      : bytes_(std::move(bytes)) {
    if (json) {
      lines_ << json_text(log_head_json(info)) << '\n';
    } else {
      text_ = std::make_unique<LogText>(lines_, info, style);
    }
  }

  Status write(const Event& event, const Step* step) override {
    const LogEntry* entry = log_.add(event, step);
    if (text_) {
      entry ? text_->entry(*entry, std::nullopt) : text_->other(event);
    } else {
      const Json line = entry ? log_entry_json(*entry, std::nullopt) : log_other_json(event);
      if (!line.is_null()) lines_ << json_text(line) << '\n';
    }
    return lines_.view().size() < block ? ok() : flush();
  }

  Status flush() override {
    const std::string pending = std::move(lines_).str();
    lines_.str({});
    return pending.empty() ? ok() : bytes_->write(pending);
  }

  Status finish(const std::string&) override {
    if (Status flushed = flush(); !flushed) return flushed;
    return bytes_->close();
  }

 private:
  static constexpr size_t block = 1 << 16;

  std::unique_ptr<ByteSink> bytes_;
  std::ostringstream lines_;
  LogBuilder log_;
  std::unique_ptr<LogText> text_;
};

}  // namespace

Result<std::unique_ptr<RecordOutput>> create_record_output(const RecordOptions& options,
                                                           const TraceInfo& info,
                                                           const Streams& streams) {
  Result<std::unique_ptr<ByteSink>> bytes = create_bytes(options.output);
  if (!bytes) return std::move(bytes).error();
  if (options.format == RecordFormat::log) {
    const bool color = options.output == "-" && streams.out_is_terminal;
    return std::unique_ptr<RecordOutput>(
        std::make_unique<LogOutput>(*std::move(bytes), info, options.json, Style{color}));
  }
  Result<std::unique_ptr<NativeWriter>> writer = NativeWriter::create(*std::move(bytes), info);
  if (!writer) return std::move(writer).error();
  return std::unique_ptr<RecordOutput>(std::make_unique<NativeOutput>(*std::move(writer)));
}

}  // namespace slotscope
