// Cuts bytes into lines in blocks, so that a parser works on whole lines in place.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "analyzer/base/result.h"
#include "analyzer/format/bytes/byte_source.h"

namespace slotscope {

class LineReader {
 public:
  // Longer lines are cut here and the rest is dropped: no line that matters is longer, and memory
  // stays bounded whatever the input.
  static constexpr size_t max_line = 1 << 16;

  explicit LineReader(std::unique_ptr<ByteSource> bytes);

  // The next line without its "\n" or "\r\n", valid until the next call; `false` at the end.
  Result<bool> next(std::string_view& line);

  uint64_t number() const { return number_; }  // of the last line, from 1
  // The last line had no "\n": the file may be cut. (Of one that is too long it is known only when
  // the next line is asked for.)
  bool unterminated() const { return !newline_ && at_end_ && begin_ == end_; }
  std::string torn() const { return bytes_->torn(); }

 private:
  Result<bool> refill();
  Result<bool> skip_rest_of_line();

  std::unique_ptr<ByteSource> bytes_;
  std::string buffer_;
  size_t begin_ = 0, end_ = 0;
  uint64_t number_ = 0;
  bool newline_ = true;
  bool at_end_ = false;
};

}  // namespace slotscope
