#include "analyzer/base/escape.h"
#include "analyzer/base/json_line.h"
#include "analyzer/event/words.h"
#include "analyzer/format/new_stacks.h"
#include "analyzer/format/tables/event_fields.h"
#include "analyzer/format/tables/json_field_writer.h"
#include "analyzer/format/tables/jsonl.h"
#include "analyzer/format/trace_header.h"
#include "analyzer/format/writers.h"

namespace slotscope {
namespace {

constexpr size_t block_size = 1 << 16;

struct EventWord {
  std::string_view operator()(const Call&) const { return "call"; }
  std::string_view operator()(const Loss&) const { return "loss"; }
  std::string_view operator()(const CommitMark&) const { return "commit"; }
  std::string_view operator()(const VmMark&) const { return "vm"; }
  std::string_view operator()(const Annotation& annotation) const {
    return note_word(annotation.note);
  }
};

constexpr std::string_view word_of_id(ModuleId) { return "module"; }
constexpr std::string_view word_of_id(FrameId) { return "frame"; }
constexpr std::string_view word_of_id(StackId) { return "stack"; }

class JsonlWriter : public Sink {
 public:
  JsonlWriter(std::unique_ptr<ByteSink> bytes, const TraceInfo& info)
      : bytes_(std::move(bytes)),
        stacks_(info.stacks),
        header_(write_trace_header(info, true) + '\n'),
        out_(header_) {}

  Status write(const Event& event) override {
    ++unwritten_;
    if (failed_) return *failed_;
    const Call* call = std::get_if<Call>(&event);
    ++pending_.events;
    pending_.calls += call != nullptr;
    if (call) {
      stacks_.need(call->stack, [this](auto id, const auto& what) { define(id, what); });
    }
    JsonLine line(out_);
    line.word("event", std::visit(EventWord{}, event));
    JsonFieldWriter writer(line);
    std::visit([&](const auto& one) { fields(writer, one); }, event);
    end(line);
    return out_.size() < block_size ? ok() : flush();
  }

  // After events that can't be written no others may come: nobody would see that they are missing.
  Status flush() override {
    if (failed_) return *failed_;
    Status written = bytes_->write(out_);
    if (written) {
      unwritten_ = 0;
      written_ = pending_;
      header_.clear();
    } else {
      failed_ = written.error();
    }
    out_.clear();
    return written;
  }

  void set_end_reason(const std::string& reason) override { end_reason_ = reason; }

  Status finish() override {
    const Status flushed = flush();
    if (failed_) out_ = header_;
    const std::string reason = failed_ ? end_reason_after(*failed_, end_reason_) : end_reason_;
    JsonLine line(out_);
    line.word("event", "end");
    line.number("calls", written_.calls);
    line.number("events", written_.events);
    if (!reason.empty()) line.text("reason", escape_for_terminal(reason));
    if (failed_) line.number("unwritten", unwritten_);
    end(line);
    Status status = bytes_->write(out_);
    if (status) status = bytes_->close();
    return flushed ? status : flushed;
  }

 private:
  template <class Id, class Definition>
  void define(Id id, const Definition& definition) {
    JsonLine line(out_);
    line.word("event", word_of_id(id));
    line.number(word_of_id(id), id);
    JsonFieldWriter writer(line);
    fields(writer, definition);
    end(line);
  }

  void end(JsonLine& line) {
    line.end();
    out_ += '\n';
  }

  struct Counts {
    uint64_t calls = 0, events = 0;
  };

  std::unique_ptr<ByteSink> bytes_;
  NewStacks stacks_;
  std::string header_;  // until it has been written
  std::string out_;
  uint64_t unwritten_ = 0;    // events, in out_ or after a failure
  Counts pending_, written_;  // with what is in out_, and without
  std::optional<Diagnostic> failed_;
  std::string end_reason_;
};

}  // namespace

std::unique_ptr<Sink> jsonl_writer(std::unique_ptr<ByteSink> bytes, const TraceInfo& info) {
  return std::make_unique<JsonlWriter>(std::move(bytes), info);
}

const WriterFormat jsonl_output = {
    .name = "jsonl",
    .endings = {".jsonl", ".ndjson"},
    .holds_losses = true,
    .create = [](std::unique_ptr<ByteSink> bytes, const TraceInfo& info) {
      return Result(jsonl_writer(std::move(bytes), info));
    }};

}  // namespace slotscope
