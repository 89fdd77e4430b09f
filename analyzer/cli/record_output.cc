#include "analyzer/cli/record_output.h"

#include <sstream>

#include "analyzer/cli/log_lines.h"
#include "analyzer/format/bytes/byte_sink.h"

namespace slotscope {
namespace {

// What all have in common: their bytes, which another object may own.
class OutputOverBytes : public CaptureOutput {
 public:
  explicit OutputOverBytes(CaptureSink& bytes) : bytes_(bytes) {}

  Result<std::string> begin() override { return bytes_.begin(); }
  void discard() override { bytes_.discard(); }

 protected:
  // After a failure too: what there is takes its place.
  Status close_after(const Status& finished) {
    Status closed = bytes_.close();
    return finished ? closed : finished;
  }

 private:
  CaptureSink& bytes_;
};

class TraceFile : public OutputOverBytes {
 public:
  // `bytes` is what `sink` owns.
  TraceFile(CaptureSink& bytes, std::unique_ptr<Sink> sink)
      : OutputOverBytes(bytes), sink_(std::move(sink)) {}

  Status write(const Event& event, const Step*) override { return sink_->write(event); }
  Status flush(Nanos) override { return sink_->flush(); }
  Status store_slots(std::span<const Call> slots) override { return sink_->checkpoint(slots); }
  Status finish(const std::string& reason) override {
    sink_->set_end_reason(reason);
    return close_after(sink_->finish());
  }

 private:
  std::unique_ptr<Sink> sink_;
};

// The lines of `slotscope log`; a commit's come when it is known to be over, with its cause.
class LogOutput : public OutputOverBytes {
 public:
  LogOutput(std::unique_ptr<CaptureSink> bytes, const TraceInfo& info, const LogLook& look)
      : OutputOverBytes(*bytes), bytes_(std::move(bytes)), log_(lines_, info, look) {}

  Status write(const Event& event, const Step* step) override {
    log_.add(event, step);
    return lines_.view().size() < block ? ok() : pass_on();
  }

  Status flush(Nanos seen_up_to) override {
    log_.settle(seen_up_to);
    return pass_on();
  }

  Status finish(const std::string&) override {
    log_.finish();
    return close_after(pass_on());
  }

 private:
  static constexpr size_t block = 1 << 16;

  Status pass_on() {
    const std::string pending = std::move(lines_).str();
    lines_.str({});
    return pending.empty() ? ok() : bytes_->write(pending);
  }

  std::unique_ptr<CaptureSink> bytes_;
  std::ostringstream lines_;
  LogLines log_;
};

}  // namespace

Result<std::unique_ptr<CaptureOutput>> create_record_output(const RecordOptions& options,
                                                            const TraceInfo& info, int wake,
                                                            const Streams& streams) {
  Result<std::unique_ptr<CaptureSink>> bytes = create_capture_bytes(options.output, wake);
  if (!bytes) return std::move(bytes).error();
  CaptureSink& sink = **bytes;
  if (!options.writer) {
    const bool color = options.output == "-" && color_by_default(streams.out_is_terminal);
    return std::unique_ptr<CaptureOutput>(std::make_unique<LogOutput>(
        *std::move(bytes), info,
        LogLook{.json = options.json, .stacks = options.stacks, .style = Style{color}}));
  }
  Result<std::unique_ptr<Sink>> trace = options.writer->create(*std::move(bytes), info);
  if (!trace) return std::move(trace).error();
  return std::unique_ptr<CaptureOutput>(std::make_unique<TraceFile>(sink, *std::move(trace)));
}

}  // namespace slotscope
