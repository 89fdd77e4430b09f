#include "analyzer/format/line_reader.h"

#include <algorithm>
#include <cstring>

namespace slotscope {

// Small enough to stay in the second-level cache between the kernel's copy and the parser.
constexpr size_t block_size = 1 << 18;
static_assert(block_size > LineReader::max_line);

LineReader::LineReader(std::unique_ptr<ByteSource> bytes)
    : bytes_(std::move(bytes)), buffer_(block_size, '\0') {}

Result<bool> LineReader::refill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  Result<size_t> n = bytes_->read({buffer_.data() + end_, buffer_.size() - end_});
  if (!n) return std::move(n).error();
  end_ += *n;
  if (*n == 0) at_end_ = true;
  return *n > 0;
}

Result<bool> LineReader::skip_rest_of_line() {
  while (true) {
    const char* start = buffer_.data() + begin_;
    if (const void* nl = std::memchr(start, '\n', end_ - begin_)) {
      begin_ += static_cast<const char*>(nl) - start + 1;
      newline_ = true;
      return true;
    }
    begin_ = end_;
    Result<bool> more = refill();
    if (!more || !*more) return more;
  }
}

Result<bool> LineReader::next(std::string_view& line) {
  if (!newline_ && !at_end_) {
    Result<bool> skipped = skip_rest_of_line();
    if (!skipped) return skipped;
  }
  size_t searched = 0;
  while (true) {
    const char* start = buffer_.data() + begin_;
    const size_t have = end_ - begin_;
    const void* nl = std::memchr(start + searched, '\n', have - searched);
    size_t length = nl ? static_cast<const char*>(nl) - start : have;
    if (!nl && have < max_line && !at_end_) {
      searched = have;
      Result<bool> more = refill();
      if (!more) return more;
      continue;
    }
    if (!nl && have == 0) return false;
    ++number_;
    newline_ = nl != nullptr;
    if (!newline_ && length > max_line) length = max_line;
    begin_ += length + (newline_ ? 1 : 0);
    if (length > 0 && start[length - 1] == '\r') --length;
    line = {start, std::min(length, max_line)};
    return true;
  }
}

}  // namespace slotscope
