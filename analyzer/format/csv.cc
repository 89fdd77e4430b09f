#include "analyzer/format/csv.h"

#include <algorithm>
#include <vector>

#include "analyzer/format/csv_columns.h"
#include "analyzer/format/formats.h"
#include "analyzer/format/text_source.h"

namespace slotscope {
namespace {

constexpr size_t block_size = 1 << 16;

class CsvWriter : public Sink {
 public:
  explicit CsvWriter(std::unique_ptr<ByteSink> bytes) : bytes_(std::move(bytes)) {
    for (const CsvColumn& column : csv_columns()) {
      separate(&column);
      out_.append(column.name.data(), column.name.data() + column.name.size());
    }
    out_.push_back('\n');
  }

  Status write(const Event& event) override {
    const Call* call = std::get_if<Call>(&event);
    if (!call) return ok();
    for (const CsvColumn& column : csv_columns()) {
      separate(&column);
      column.write(*call, out_);
    }
    out_.push_back('\n');
    return out_.size() < block_size ? ok() : flush();
  }

  Status flush() override {
    Status written = bytes_->write({out_.data(), out_.size()});
    out_.clear();
    return written;
  }

  Status finish() override {
    Status flushed = flush();
    return flushed ? bytes_->close() : flushed;
  }

 private:
  void separate(const CsvColumn* column) {
    if (column != csv_columns().data()) out_.push_back(',');
  }

  std::unique_ptr<ByteSink> bytes_;
  fmt::memory_buffer out_;
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
using Columns = std::vector<const CsvColumn*>;

// False when a required column is missing: then `header` is none.
bool read_header(std::string_view header, Columns& columns) {
  const auto all = csv_columns();
  for_each_cell(header, [&](std::string_view name, size_t) {
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const CsvColumn& one) { return one.name == name; });
    columns.push_back(found == all.end() ? nullptr : &*found);
    return true;
  });
  return std::all_of(all.begin(), all.end(), [&](const CsvColumn& one) {
    return !one.required || std::count(columns.begin(), columns.end(), &one) == 1;
  });
}

bool read_row(std::string_view line, const Columns& columns, Cursor& cursor, Call& call) {
  size_t index = 0;
  const bool read = for_each_cell(line, [&](std::string_view text, size_t start) {
    if (index == columns.size()) {
      cursor.skip(start);
      return cursor.fail("no more cells than the header has");
    }
    const CsvColumn* column = columns[index++];
    if (!column || (text.empty() && !column->required)) return true;
    Cursor cell(text);
    if (column->read(cell, call) && !cell.at_end()) cell.fail("the end of the cell");
    if (cell.ok()) return true;
    cursor.skip(start + cell.column() - 1);
    return cursor.fail_like(cell);
  });
  if (!read || index == columns.size()) return read;
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
    if (!read_row(line, columns_, cursor, call)) return Line::bad;
    batch.emplace_back(call);
    return Line::used;
  }

  Columns columns_;
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
  read_row(row, columns, cursor, first);
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

}  // namespace slotscope
