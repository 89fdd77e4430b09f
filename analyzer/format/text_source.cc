#include "analyzer/format/text_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyzer/base/escape.h"

namespace slotscope {

// Large enough that handing batches between threads costs nothing, small enough for the cache.
constexpr size_t batch_size = 1024;
// Of an offending line only the surroundings of the error are shown.
constexpr size_t excerpt_before = 60, excerpt_after = 40;

TextSource::TextSource(std::unique_ptr<ByteSource> bytes, TraceInfo info,
                       const ReadOptions& options)
    : info_(std::move(info)), lines_(std::move(bytes)), options_(options) {}

void TextSource::torn(std::string why) {
  summary_.ending = Ending::cut_off;
  summary_.warnings.push_back({.place = info_.path, .message = std::move(why)});
}

void TextSource::end_not_marked() {
  summary_.warnings.push_back(
      {.place = info_.path,
       .message = "its end is not marked, so calls missing there would go unnoticed"});
}

Result<bool> TextSource::bad_line(const Cursor& cursor, std::string_view line, EventBatch& batch) {
  if (lines_.unterminated()) {
    torn(fmt::format("the last line ({}) is cut off after {} bytes; it is left out",
                     lines_.number(), line.size()));
    return true;
  }
  if (options_.keep_going) {
    ++summary_.bad_lines;
    batch.emplace_back(Loss{.time = {}, .count = 1, .reason = Loss::Reason::damaged});
    return true;
  }
  const size_t error = cursor.column() - 1;
  const size_t from = error > excerpt_before ? error - excerpt_before : 0;
  const std::string before = escape_for_terminal(line.substr(from, error - from));
  const std::string after =
      escape_for_terminal(line.substr(std::min(error, line.size()), excerpt_after));
  return Diagnostic{.place = fmt::format("{}:{}:{}", info_.path, lines_.number(), cursor.column()),
                    .message = "expected " + cursor.expected(),
                    .advice = "--keep-going counts such lines and reads on",
                    .excerpt = before + after,
                    .caret = static_cast<uint32_t>(before.size()) + 1};
}

Result<bool> TextSource::read(EventBatch& batch) {
  batch.clear();
  std::string_view line;
  while (!ended_ && batch.size() < batch_size) {
    Result<bool> more = lines_.next(line);
    if (!more) return more;
    if (!*more) {
      ended_ = true;
      if (std::string why = lines_.torn(); !why.empty()) torn(std::move(why));
      // Whatever it holds: "ret=-1" may have been "ret=-17", and no call may have been one.
      if (lines_.unterminated() && !summary_.cut_off()) {
        torn(fmt::format("the last line ({}) does not end: it may be cut off", lines_.number()));
      }
      drain(batch);
      break;
    }
    Cursor cursor(line);
    switch (parse(cursor, line, batch)) {
      case Line::used:
        break;
      case Line::skipped:
        ++summary_.skipped_lines;
        break;
      case Line::bad: {
        Result<bool> tolerated = bad_line(cursor, line, batch);
        if (!tolerated) return tolerated;
      }
    }
  }
  numbers_.hint(batch);
  return !batch.empty();
}

}  // namespace slotscope
