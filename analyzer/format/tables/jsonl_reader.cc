#include <fmt/format.h>

#include "analyzer/base/escape.h"
#include "analyzer/format/formats.h"
#include "analyzer/format/tables/flat_json.h"
#include "analyzer/format/tables/json_fields.h"
#include "analyzer/format/tables/jsonl.h"
#include "analyzer/format/text_source.h"
#include "analyzer/format/trace_header.h"
#include "analyzer/format/words.h"

namespace slotscope {
namespace {

void read_event(Fields& fields, Call& call) {
  fields.require("slot", "a call with \"slot\"");
  fields.require("gpa", "a call with \"gpa\"");
  fields.require("size", "a call with \"size\"");
  fields.time("time_ns", call.time);
  fields.time("duration_ns", call.duration);
  fields.number("vm", call.vm);
  fields.number("as", call.as);
  fields.number("slot", call.slot);
  fields.flags("flags", call.flags);
  fields.hex("gpa", call.gpa.value);
  fields.number("size", call.size);
  fields.hex("hva", call.hva.value);
  fields.number("guest_memfd", call.guest_memfd);
  fields.number("guest_memfd_offset", call.guest_memfd_offset);
  fields.number("ret", call.ret);
  fields.number("pid", call.pid);
  fields.number("tid", call.tid);
  fields.number("commit", call.commit);
  fields.number("stack", call.stack);
  fields.word("origin", call.origin);
}

void read_event(Fields& fields, Loss& loss) {
  fields.time("time_ns", loss.time);
  fields.number("vm", loss.vm);
  fields.number("count", loss.count);
  fields.word("reason", loss.reason);
}

void read_event(Fields& fields, CommitMark& mark) {
  fields.require("edge", "a commit with \"edge\"");
  fields.word("edge", mark.edge);
  fields.time("time_ns", mark.time);
  fields.number("vm", mark.vm);
  fields.number("tid", mark.tid);
  fields.number("commit", mark.commit);
}

void read_event(Fields& fields, VmMark& mark) {
  fields.require("edge", "a vm with \"edge\"");
  fields.word("edge", mark.edge);
  fields.time("time_ns", mark.time);
  fields.number("vm", mark.vm);
  fields.number("pid", mark.pid);
}

void read_note(Fields& fields, MemslotIoctl& ioctl) { fields.hex("request", ioctl.request); }

void read_note(Fields& fields, PciConfigWrite& write) {
  fields.device(write.device, write.at);
  fields.hex("offset", write.offset);
  fields.hex("value", write.value);
}

void read_note(Fields& fields, PciMapping& mapping) {
  fields.device(mapping.device, mapping.at);
  fields.number("bar", mapping.bar);
  fields.hex("address", mapping.address);
  fields.number("size", mapping.size);
}

void read_note(Fields& fields, GlobalDirty& dirty) { fields.number("bitmask", dirty.bitmask); }

void read_note(Fields& fields, MemoryAttributes& set) {
  fields.hex("gpa", set.gpa.value);
  fields.number("size", set.size);
  fields.hex("attributes", set.attributes);
  fields.number("ret", set.ret);
}

void read_note(Fields& fields, GuestMemfdCreation& made) {
  fields.number("size", made.size);
  fields.hex("flags", made.flags);
  fields.number("ret", made.ret);
}

void read_note(Fields& fields, CallPhases& phases) {
  for (size_t i = 0; i < phase_count; ++i) {
    const std::string word(word_of(static_cast<Phase>(i)));
    std::optional<Nanos> time;
    fields.time((word + "_ns").c_str(), time);
    fields.number((word + "_times").c_str(), phases.of[i].times);
    phases.of[i].measured = time.has_value();
    phases.of[i].time = time.value_or(Nanos{0});
  }
}

void read_note(Fields& fields, GuestCost& cost) {
  fields.number("page_faults", cost.page_faults);
  fields.number("mmio_exits", cost.mmio_exits);
}

void read_event(Fields& fields, Annotation& annotation) {
  fields.time("time_ns", annotation.time);
  fields.number("vm", annotation.vm);
  fields.number("tid", annotation.tid);
  std::visit([&](auto& note) { read_note(fields, note); }, annotation.note);
}

void read_module(Fields& fields, StackTable& table) {
  ModuleId id;
  StackModule module;
  fields.number("module", id);
  module.path = fields.bytes("path", "path_hex");
  module.build_id = fields.bytes("build_id", "build_id_hex");
  table.define(id, std::move(module));
}

void read_frame(Fields& fields, StackTable& table) {
  FrameId id;
  StackFrame frame;
  fields.number("frame", id);
  fields.number("module", frame.module);
  fields.hex("address", frame.address.value);
  fields.number("offset", frame.offset);
  fields.word("anchor", frame.anchor);
  frame.function = fields.bytes("function", "function_hex");
  table.define(id, std::move(frame));
}

void read_stack(Fields& fields, StackTable& table) {
  StackId id;
  Stack stack;
  fields.number("stack", id);
  fields.ids("frames", stack.frames);
  fields.word("end", stack.end);
  table.define(id, std::move(stack));
}

// False when `word` names no definition.
bool read_definition(std::string_view word, Fields& fields, StackTable& table) {
  if (word == "module") {
    read_module(fields, table);
  } else if (word == "frame") {
    read_frame(fields, table);
  } else if (word == "stack") {
    read_stack(fields, table);
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
    Fields fields(json_, line, cursor);
    fields.require("event", "an object with \"event\"");
    const std::string_view word = fields.text("event");
    if (!cursor.ok()) return Line::bad;
    if (read_definition(word, fields, *info_.stacks)) return cursor.ok() ? Line::used : Line::bad;
    if (word == "end") {
      read_end(fields);
      return cursor.ok() ? Line::used : Line::bad;
    }
    ++events_;
    Event event;
    if (!event_named(word, event)) return Line::skipped;  // of a newer slotscope
    std::visit([&](auto& one) { read_event(fields, one); }, event);
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

  void read_end(Fields& fields) {
    if (!summary_.cut_off()) summary_.ending = Ending::marked;
    summary_.end_reason = fields.text("reason");
    fields.count("calls", promised_calls_);
    fields.count("events", promised_events_);
    uint64_t unwritten = 0;
    fields.number("unwritten", unwritten);
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
