#include <fmt/format.h>

#include <limits>

#include "analyzer/base/escape.h"
#include "analyzer/format/flat_json.h"
#include "analyzer/format/formats.h"
#include "analyzer/format/jsonl.h"
#include "analyzer/format/text_source.h"
#include "analyzer/format/trace_header.h"
#include "analyzer/format/words.h"

namespace slotscope {
namespace {

using Member = FlatJson::Member;
using Kind = Member::Kind;

// Takes typed values out of one line. A key that is not there leaves the value alone; after the
// first value that is not what it should be the cursor has failed, at its key.
class Fields {
 public:
  Fields(const FlatJson& json, std::string_view line, Cursor& cursor)
      : json_(json), line_(line), cursor_(cursor) {}

  bool has(const char* key) const { return json_.find(key) != nullptr; }

  std::string_view text(const char* key) {
    const Member* member = json_.find(key);
    if (!member) return {};
    if (member->kind != Kind::text) fail(key, "a string");
    return member->text;
  }

  void require(const char* key, const char* expected) {
    if (!has(key)) cursor_.fail(expected);
  }

  template <class T>
  void number(const char* key, T& value) {
    const Member* member = json_.find(key);
    if (!member) return;
    const bool negative = member->kind == Kind::negative;
    if (!negative && member->kind != Kind::number) return fail(key, "a whole number");
    const bool fits =
        negative ? std::is_signed_v<T> && static_cast<int64_t>(member->number) >=
                                              static_cast<int64_t>(std::numeric_limits<T>::min())
                 : member->number <= static_cast<uint64_t>(std::numeric_limits<T>::max());
    if (!fits) return fail(key, "a number that fits its field");
    value = static_cast<T>(member->number);
  }

  template <class Tag, class Rep>
  void number(const char* key, Quantity<Tag, Rep>& quantity) {
    number(key, quantity.value);
  }

  void time(const char* key, std::optional<Nanos>& time) {
    if (!has(key)) return;
    time.emplace();
    number(key, *time);
  }

  template <class T>
  void hex(const char* key, T& value) {
    const Member* member = json_.find(key);
    if (member && (member->kind != Kind::text || !read_hex(member->text, value))) {
      fail(key, "a string \"0x...\" that fits its field");
    }
  }

  template <class E>
  void word(const char* key, E& value) {
    const Member* member = json_.find(key);
    if (member && (member->kind != Kind::text || !read_word(member->text, value))) {
      fail(key, "one of the words of this key");
    }
  }

  void flags(const char* key, uint32_t& flags) {
    const Member* member = json_.find(key);
    if (!member) return;
    if (member->kind != Kind::list || !member->numbers.empty()) {
      return fail(key, "a list of flags");
    }
    for (const std::string& flag : member->list) {
      uint32_t bits = 0;
      if (!read_flag(flag, bits) && !read_hex(flag, bits)) return fail(key, "a list of flags");
      flags |= bits;
    }
  }

  // Of `key`, or of `hex_key`, where text stands that is not UTF-8.
  std::string bytes(const char* key, const char* hex_key) {
    const std::string_view digits = text(hex_key);
    if (digits.empty()) return std::string(text(key));
    std::string bytes;
    for (size_t i = 0; i < digits.size(); i += 2) {
      uint8_t byte = 0;
      Cursor cursor(digits.substr(i, 2));
      if (!cursor.bounded(&Cursor::hex_digits, byte) || cursor.column() != 3) {
        fail(hex_key, "pairs of hexadecimal digits");
        return {};
      }
      bytes += static_cast<char>(byte);
    }
    return bytes;
  }

  void device(DeviceName& device, PciFunction& at) {
    device = DeviceName(bytes("device", "device_hex"));
    function(at);
  }

  template <class Id>
  void ids(const char* key, std::vector<Id>& ids) {
    const Member* member = json_.find(key);
    if (!member) return;
    if (member->kind != Kind::list || !member->list.empty()) return fail(key, "a list of numbers");
    for (const uint64_t number : member->numbers) {
      if (number > std::numeric_limits<typename Id::rep>::max()) {
        return fail(key, "numbers that fit their field");
      }
      ids.push_back(Id{static_cast<typename Id::rep>(number)});
    }
  }

  void fail(const char* key, const char* expected) {
    const size_t at = line_.find(fmt::format("\"{}\"", key));
    if (cursor_.ok() && at != std::string_view::npos) cursor_.skip(at);
    cursor_.fail(expected);
  }

 private:
  template <class T>
  static bool read_hex(std::string_view text, T& value) {
    Cursor cursor(text);
    return cursor.literal("0x") && cursor.bounded(&Cursor::hex_digits, value) && cursor.at_end();
  }

  void function(PciFunction& at) {
    if (!has("function")) return;
    Cursor cursor(text("function"));
    const auto part = [&](uint8_t& value) { return cursor.bounded(&Cursor::hex_digits, value); };
    if (!part(at.bus) || !cursor.literal(":") || !part(at.device) || !cursor.literal(".") ||
        !part(at.function) || !cursor.at_end()) {
      fail("function", "a PCI function such as \"00:1f.2\"");
    }
  }

  const FlatJson& json_;
  std::string_view line_;
  Cursor& cursor_;
};

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
  using TextSource::TextSource;

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
    Event event;
    if (!event_named(word, event)) return Line::skipped;  // of a newer slotscope
    std::visit([&](auto& one) { read_event(fields, one); }, event);
    if (!cursor.ok()) return Line::bad;
    batch.push_back(event);
    return Line::used;
  }

  void read_end(Fields& fields) {
    summary_.end_reason = fields.text("reason");
    uint64_t unwritten = 0;
    fields.number("unwritten", unwritten);
    if (unwritten > 0) {
      torn(fmt::format("{} events at the end could not be written: {}", unwritten,
                       escape_for_terminal(summary_.end_reason)));
    }
  }

  FlatJson json_;
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
  std::unique_ptr<Source> source =
      std::make_unique<JsonlSource>(std::move(bytes), std::move(info), options);
  return source;
}

}  // namespace

const Format jsonl_format = {
    .name = "jsonl", .title = "slotscope JSON Lines", .recognise = recognise, .open = open};

}  // namespace slotscope
