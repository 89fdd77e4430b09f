#include <fmt/format.h>

#include "analyzer/base/escape.h"
#include "analyzer/event/words.h"
#include "analyzer/format/formats.h"
#include "analyzer/format/tables/event_fields.h"
#include "analyzer/format/tables/flat_json.h"
#include "analyzer/format/tables/json_field_reader.h"
#include "analyzer/format/tables/jsonl.h"
#include "analyzer/format/text_source.h"
#include "analyzer/format/trace_header.h"

namespace slotscope {
namespace {

template <class Id, class Definition>
void define(JsonFieldReader& reader, const char* id_key, StackTable& table) {
  Id id;
  Definition definition;
  reader.number(id_key, id);
  fields(reader, definition);
  table.define(id, std::move(definition));
}

// False when `word` names no definition.
bool read_definition(std::string_view word, JsonFieldReader& reader, StackTable& table) {
  if (word == "module") {
    define<ModuleId, StackModule>(reader, "module", table);
  } else if (word == "frame") {
    define<FrameId, StackFrame>(reader, "frame", table);
  } else if (word == "stack") {
    define<StackId, Stack>(reader, "stack", table);
  } else {
    return false;
  }
  return true;
}

// The event that `word` names, with nothing in it yet.
bool event_named(std::string_view word, Event& event) {
  Note note;
  if (word == "call") {
    event = Call{};
  } else if (word == "loss") {
    event = Loss{};
  } else if (word == "commit") {
    event = CommitMark{};
  } else if (word == "vm") {
    event = VmMark{};
  } else if (read_note_word(word, note)) {
    event = Annotation{.time = {}, .tid = {}, .note = note};
  } else {
    return false;
  }
  return true;
}

class JsonlSource : public TextSource {
 public:
  JsonlSource(std::unique_ptr<ByteSource> bytes, TraceInfo info, const ReadOptions& options,
              bool end_promised)
      : TextSource(std::move(bytes), std::move(info), options), end_promised_(end_promised) {}

 private:
  Line parse(Cursor& cursor, std::string_view line, EventBatch& batch) override {
    if (line_number() == 1) return Line::used;  // the header, read when the trace was opened
    if (line.empty()) return Line::skipped;
    if (!json_.parse(line, cursor)) return Line::bad;
    JsonFieldReader reader(json_, line, cursor);
    reader.require("event", "an object with \"event\"");
    const std::string_view word = reader.text("event");
    if (!cursor.ok()) return Line::bad;
    if (read_definition(word, reader, *info_.stacks)) return cursor.ok() ? Line::used : Line::bad;
    if (word == "end") {
      read_end(reader);
      return cursor.ok() ? Line::used : Line::bad;
    }
    ++events_;
    Event event;
    if (!event_named(word, event)) return Line::skipped;  // of a newer slotscope
    std::visit([&](auto& one) { fields(reader, one); }, event);
    if (!cursor.ok()) return Line::bad;
    calls_ += word == "call";
    batch.push_back(event);
    return Line::used;
  }

  // The counts of the end record, against a line that was taken out of the file.
  void drain(EventBatch&) override {
    if (summary_.cut_off()) return;
    if (summary_.ending == Ending::marked) {
      const bool fewer = promised_calls_ && *promised_calls_ != calls_ + summary_.bad_lines;
      const bool other = promised_events_ && *promised_events_ != events_ && !summary_.bad_lines;
      if (fewer || other) {
        torn(fmt::format("its end promises {} calls and {} events; there are {} and {}",
                         promised_calls_.value_or(0), promised_events_.value_or(0), calls_,
                         events_));
      }
    } else if (end_promised_) {
      torn("the record of its end is missing: the writer did not finish, or it is cut off");
    } else {
      end_not_marked();
    }
  }

  void read_end(JsonFieldReader& reader) {
    if (!summary_.cut_off()) summary_.ending = Ending::marked;
    summary_.end_reason = reader.text("reason");
    reader.count("calls", promised_calls_);
    reader.count("events", promised_events_);
    uint64_t unwritten = 0;
    reader.number("unwritten", unwritten);
    if (unwritten > 0) {
      torn(fmt::format("{} events at the end could not be written: {}", unwritten,
                       escape_for_terminal(summary_.end_reason)));
    }
  }

  FlatJson json_;
  bool end_promised_;
  uint64_t calls_ = 0, events_ = 0;
  std::optional<uint64_t> promised_calls_, promised_events_;
};

std::string_view first_line(std::string_view head) { return head.substr(0, head.find('\n')); }

bool recognise(std::string_view head) {
  const std::string_view line = first_line(head);
  return line.starts_with('{') && line.find("\"slotscope.trace/") != std::string_view::npos;
}

Result<std::unique_ptr<Source>> open(std::unique_ptr<PeekedSource> bytes, TraceInfo info,
                                     const ReadOptions& options) {
  const std::string_view line = first_line(bytes->head());
  if (!read_trace_header(line, info)) {
    return Diagnostic{.place = info.path + ":1",
                      .message = fmt::format("expected a header of schema {}", trace_schema),
                      .advice = "a newer slotscope may have written it",
                      .excerpt = escape_for_terminal(line.substr(0, 100))};
  }
  const bool end_promised = promises_end_record(line);
  std::unique_ptr<Source> source =
      std::make_unique<JsonlSource>(std::move(bytes), std::move(info), options, end_promised);
  return source;
}

}  // namespace

const Format jsonl_format = {
    .name = "jsonl", .title = "slotscope JSON Lines", .recognise = recognise, .open = open};

}  // namespace slotscope
