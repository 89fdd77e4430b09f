#include "analyzer/format/byte_window.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace slotscope {

ByteWindow::ByteWindow(std::unique_ptr<ByteSource> bytes, size_t capacity)
    : bytes_(std::move(bytes)), buffer_(capacity, '\0') {}

Result<std::string_view> ByteWindow::peek(size_t n) {
  assert(n <= buffer_.size());
  if (buffer_.size() - begin_ < n) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  while (end_ - begin_ < n && !at_end_) {
    Result<size_t> more = bytes_->read({buffer_.data() + end_, buffer_.size() - end_});
    if (!more) return std::move(more).error();
    end_ += *more;
    at_end_ = *more == 0;
  }
  return std::string_view(buffer_).substr(begin_, std::min(n, end_ - begin_));
}

void ByteWindow::consume(size_t n) {
  assert(n <= end_ - begin_);
  begin_ += n;
  offset_ += n;
}

}  // namespace slotscope
