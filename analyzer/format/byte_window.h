// A view that slides over a stream of bytes through a buffer of fixed size, for binary formats.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "analyzer/base/result.h"
#include "analyzer/format/byte_source.h"

namespace slotscope {

class ByteWindow {
 public:
  // `capacity`: the most that can be looked at together.
  ByteWindow(std::unique_ptr<ByteSource> bytes, size_t capacity);

  // The next `n` bytes (n <= capacity), fewer only at the end; valid until the next peek.
  Result<std::string_view> peek(size_t n);

  // Goes on by `n` bytes, which the last peek must have shown.
  void consume(size_t n);

  uint64_t offset() const { return offset_; }  // in the stream, of the byte that comes next
  std::string torn() const { return bytes_->torn(); }

 private:
  std::unique_ptr<ByteSource> bytes_;
  std::string buffer_;
  size_t begin_ = 0, end_ = 0;
  uint64_t offset_ = 0;
  bool at_end_ = false;
};

}  // namespace slotscope
