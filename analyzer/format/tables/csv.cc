#include "analyzer/format/tables/csv.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "analyzer/base/escape.h"
#include "analyzer/format/formats.h"
#include "analyzer/format/tables/csv_columns.h"
#include "analyzer/format/text_source.h"
#include "analyzer/format/writers.h"

namespace slotscope {
namespace {

constexpr size_t block_size = 1 << 16;
constexpr std::string_view end_column = "end", incomplete = "incomplete";

class CsvWriter : public Sink {
 public:
  explicit CsvWriter(std::unique_ptr<ByteSink> bytes) : bytes_(std::move(bytes)) {
    for (const CsvColumn& column : csv_columns()) {
      separate(&column);
      out_.append(column.name.data(), column.name.data() + column.name.size());
    }
  }

  Status write(const Event& event) override {
    if (std::holds_alternative<Loss>(event)) incomplete_ = true;
    const Call* call = std::get_if<Call>(&event);
    if (!call) return ok();
    // The line before is not the last one.
    append(calls_++ == 0 ? std::string_view(",end\n") : std::string_view(",\n"));
    for (const CsvColumn& column : csv_columns()) {
      separate(&column);
      column.write(*call, out_);
    }
    return out_.size() < block_size ? ok() : flush();
  }

  Status flush() override {
    Status written = bytes_->write({out_.data(), out_.size()});
    out_.clear();
    return written;
  }

  Status finish() override {
    if (calls_ > 0)
      append(incomplete_ ? "," + std::string(incomplete) : fmt::format(",{}", calls_));
    append("\n");
    Status flushed = flush();
    return flushed ? bytes_->close() : flushed;
  }

 private:
  void append(std::string_view text) { out_.append(text.data(), text.data() + text.size()); }

  void separate(const CsvColumn* column) {
    if (column != csv_columns().data()) out_.push_back(',');
  }

  std::unique_ptr<ByteSink> bytes_;
  fmt::memory_buffer out_;  // ends in a row, whose line goes on
  uint64_t calls_ = 0;
  bool incomplete_ = false;
};

// Cell by cell; `handle(cell, start)` answers whether to go on.
template <class Handle>
bool for_each_cell(std::string_view line, Handle handle) {
  for (size_t start = 0;;) {
    const size_t comma = line.find(',', start);
    const size_t end = std::min(comma, line.size());
    if (!handle(line.substr(start, end - start), start)) return false;
    if (comma == std::string_view::npos) return true;
    start = comma + 1;
  }
}

// In the order of the file; null for columns of somebody else.
struct Columns {
  std::vector<const CsvColumn*> all;
  std::optional<size_t> end;  // where the end is marked
};

// False when a required column is missing: then `header` is none.
bool read_header(std::string_view header, Columns& columns) {
  const auto all = csv_columns();
  for_each_cell(header, [&](std::string_view name, size_t) {
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const CsvColumn& one) { return one.name == name; });
    if (name == end_column) columns.end = columns.all.size();
    columns.all.push_back(found == all.end() ? nullptr : &*found);
    return true;
  });
  return std::all_of(all.begin(), all.end(), [&](const CsvColumn& one) {
    return !one.required || std::count(columns.all.begin(), columns.all.end(), &one) == 1;
  });
}

// `end`: the cell of that column.
bool read_row(std::string_view line, const Columns& columns, Cursor& cursor, Call& call,
              std::string_view& end) {
  size_t index = 0;
  const bool read = for_each_cell(line, [&](std::string_view text, size_t start) {
    if (index == columns.all.size()) {
      cursor.skip(start);
      return cursor.fail("no more cells than the header has");
    }
    if (index == columns.end) end = text;
    const CsvColumn* column = columns.all[index++];
    if (!column || (text.empty() && !column->required)) return true;
    Cursor cell(text);
    if (column->read(cell, call) && !cell.at_end()) cell.fail("the end of the cell");
    if (cell.ok()) return true;
    cursor.skip(start + cell.column() - 1);
    return cursor.fail_like(cell);
  });
  if (!read || index == columns.all.size()) return read;
  cursor.skip(line.size());
  return cursor.fail("as many cells as the header has");
}

class CsvSource : public TextSource {
 public:
  CsvSource(std::unique_ptr<ByteSource> bytes, TraceInfo info, const ReadOptions& options,
            Columns columns)
      : TextSource(std::move(bytes), std::move(info), options), columns_(std::move(columns)) {}

 private:
  Line parse(Cursor& cursor, std::string_view line, EventBatch& batch) override {
    if (line_number() == 1) return Line::used;  // the header, read when the trace was opened
    if (line.empty()) return Line::skipped;
    Call call;
    std::string_view end;
    ++rows_;
    if (!read_row(line, columns_, cursor, call, end)) return Line::bad;
    batch.emplace_back(call);
    end_ = end;
    return Line::used;
  }

  void drain(EventBatch&) override {
    if (summary_.cut_off()) return;
    if (!columns_.end) return end_not_marked();
    summary_.ending = Ending::marked;
    if (end_ == incomplete) {
      torn("it says of itself that events are missing in it, not which");
    } else if (end_.empty()) {
      torn("the mark of its end is missing: the writer did not finish, or it is cut off");
    } else if (end_ != std::to_string(rows_)) {
      torn(
          fmt::format("its end promises {} calls; there are {}", escape_for_terminal(end_), rows_));
    }
  }

  Columns columns_;
  uint64_t rows_ = 0;
  std::string end_;  // of the last row
};

// Takes the first line off `head`, without its end.
std::string_view take_line(std::string_view& head) {
  std::string_view line = head.substr(0, head.find('\n'));
  head.remove_prefix(std::min(line.size() + 1, head.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool recognise(std::string_view head) {
  Columns columns;
  return read_header(take_line(head), columns);
}

Result<std::unique_ptr<Source>> open(std::unique_ptr<PeekedSource> bytes, TraceInfo info,
                                     const ReadOptions& options) {
  std::string_view head = bytes->head();
  Columns columns;
  read_header(take_line(head), columns);
  const std::string_view row = take_line(head);
  Cursor cursor(row);
  Call first;
  std::string_view end;
  read_row(row, columns, cursor, first, end);
  info.clock = first.time ? Clock::relative : Clock::none;
  std::unique_ptr<Source> source =
      std::make_unique<CsvSource>(std::move(bytes), std::move(info), options, std::move(columns));
  return source;
}

}  // namespace

std::unique_ptr<Sink> csv_writer(std::unique_ptr<ByteSink> bytes) {
  return std::make_unique<CsvWriter>(std::move(bytes));
}

const Format csv_format = {
    .name = "csv", .title = "slotscope CSV", .recognise = recognise, .open = open};

const WriterFormat csv_output = {.name = "csv",
                                 .endings = {".csv"},
                                 .holds_losses = false,
                                 .create = [](std::unique_ptr<ByteSink> bytes, const TraceInfo&) {
                                   return Result(csv_writer(std::move(bytes)));
                                 }};

}  // namespace slotscope
