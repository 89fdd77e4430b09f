// The text that QEMU's scripts/simpletrace.py prints of a simple-backend trace:
//   kvm_set_user_memory 1.500 pid=4242 slot=0x10001 flags=0x2 ... ret=0xffffffffffffffef
// The second column is the time since the record before, in microseconds with three decimals: all
// that the binary trace has, but for the time of the first record. So lines that were taken out of
// the text are missing from the times of all lines after them, and nothing in it can show that.
#include <algorithm>
#include <array>
#include <string>

#include "analyzer/format/formats.h"
#include "analyzer/format/qemu/qemu_events.h"
#include "analyzer/format/text_source.h"

namespace slotscope {
namespace {

// Far beyond any trace, and the difference of two such times can't overflow.
constexpr int64_t max_nanos = INT64_MAX / 2;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "12.345" or "-1.500" microseconds; '%0.3f' in Formatter.catchall.
bool read_delta(Cursor& cursor, Nanos& delta) {
  const Cursor start = cursor;
  const bool negative = cursor.accept("-");
  uint64_t micros = 0;
  if (!cursor.decimal(micros) || !cursor.literal(".")) return false;
  if (micros >= max_nanos / 1000) {
    cursor = start;
    return cursor.fail("a time within 146 years");
  }
  const std::string_view decimals = cursor.rest().substr(0, 3);
  if (decimals.size() < 3 || !std::ranges::all_of(decimals, is_digit)) {
    return cursor.fail("three decimals");
  }
  cursor.skip(3);
  int64_t nanos = static_cast<int64_t>(micros);
  for (const char digit : decimals) nanos = nanos * 10 + (digit - '0');
  delta = {negative ? -nanos : nanos};
  return true;
}

// What every record begins with, behind its name.
bool read_head(Cursor& cursor, Nanos& delta, Pid& pid) {
  return cursor.literal(" ") && read_delta(cursor, delta) && cursor.literal(" pid=") &&
         cursor.bounded(&Cursor::decimal, pid.value);
}

bool is_event_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
  });
}

std::string_view name_in(std::string_view line) { return line.substr(0, line.find(' ')); }

// Python 3 prints a string argument, which the script keeps as bytes, as b'VGA'; Python 2 as VGA.
std::string_view without_quotes(std::string_view text) {
  const bool quoted = text.size() >= 3 && text[0] == 'b' && (text[1] == '\'' || text[1] == '"') &&
                      text.back() == text[1];
  return quoted ? text.substr(2, text.size() - 3) : text;
}

// " dev=TEXT"; TEXT may hold blanks, so it ends where the argument `next` begins.
bool read_device(Cursor& cursor, const QemuArgument& next, std::string_view& device) {
  if (!cursor.literal(" dev=")) return false;
  const std::string_view rest = cursor.rest();
  const size_t end = rest.rfind(std::string(" ") + next.name + "=0x");
  if (end == std::string_view::npos) return cursor.fail(next.name);
  device = without_quotes(rest.substr(0, end));
  cursor.skip(end);
  return true;
}

// " name=0x1f"
bool read_number(Cursor& cursor, const QemuArgument& argument, uint64_t& value) {
  Cursor ahead = cursor;
  const std::string_view name = argument.name;
  if (!ahead.accept(" ") || !ahead.rest().starts_with(name)) return cursor.fail(argument.name);
  cursor = ahead;
  cursor.skip(name.size());
  if (!cursor.literal("=0x")) return false;
  ahead = cursor;
  if (!ahead.hex_digits(value)) return cursor.hex_digits(value);
  if (const char* expected = expected_instead(argument.type, value)) return cursor.fail(expected);
  cursor = ahead;
  return true;
}

using Numbers = std::array<uint64_t, QemuSignature::max_numbers>;

bool read_arguments(Cursor& cursor, const QemuSignature& signature, QemuRecord& record,
                    Numbers& numbers) {
  if (signature.device && !read_device(cursor, signature.numbers[0], record.device)) return false;
  for (size_t i = 0; i < signature.numbers.size(); ++i) {
    if (!read_number(cursor, signature.numbers[i], numbers[i])) return false;
  }
  if (!cursor.at_end()) return cursor.fail("the end of the line");
  record.signature = &signature;
  record.numbers = std::span(numbers).first(signature.numbers.size());
  return true;
}

class SimpletraceSource : public TextSource {
 public:
  using TextSource::TextSource;

 private:
  Line parse(Cursor& cursor, std::string_view line, EventBatch& batch) override {
    const std::string_view name = name_in(line);
    const QemuEvent event = qemu_event(name);
    const Line unreadable = must_be_readable(event) ? Line::bad : Line::skipped;
    cursor.skip(name.size());
    QemuRecord record;
    Nanos delta;
    if (!read_head(cursor, delta, record.pid) || !advance(cursor, delta)) return unreadable;
    record.time = now_;
    Numbers numbers;
    if (!read_any_arguments(cursor, event, record, numbers)) return unreadable;
    return events_.append(record, batch) ? Line::used : Line::skipped;
  }

  // Every record moves the clock, also one that is not about memslots.
  bool advance(Cursor& cursor, Nanos delta) {
    const Nanos time = now_ + delta;
    if (time > Nanos{max_nanos} || time < Nanos{-max_nanos}) {
      return cursor.fail("a time within 146 years");
    }
    now_ = time;
    return true;
  }

  // By the signature that gets furthest, so that an error is placed where the line goes wrong.
  static bool read_any_arguments(Cursor& cursor, QemuEvent event, QemuRecord& record,
                                 Numbers& numbers) {
    Cursor furthest = cursor;
    for (const QemuSignature& signature : signatures_of(event)) {
      Cursor attempt = cursor;
      if (read_arguments(attempt, signature, record, numbers)) return true;
      if (furthest.ok() || attempt.column() > furthest.column()) furthest = attempt;
    }
    cursor = furthest;
    return false;
  }

  QemuEvents events_;
  Nanos now_;
};

bool recognise(std::string_view head) {
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find('\n'));
    head.remove_prefix(std::min(line.size() + 1, head.size()));
    const std::string_view name = name_in(line);
    Cursor cursor(line, name.size());
    Nanos delta;
    Pid pid;
    if (is_event_name(name) && read_head(cursor, delta, pid)) return true;
  }
  return false;
}

Result<std::unique_ptr<Source>> open(std::unique_ptr<PeekedSource> bytes, TraceInfo info,
                                     const ReadOptions& options) {
  info.clock = Clock::relative;
  info.faithful = false;
  return std::unique_ptr<Source>(
      std::make_unique<SimpletraceSource>(std::move(bytes), std::move(info), options));
}

}  // namespace

const Format simpletrace_format = {
    .name = "simpletrace", .title = "simpletrace.py text", .recognise = recognise, .open = open};

}  // namespace slotscope
