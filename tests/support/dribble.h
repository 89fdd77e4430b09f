// A source that hands out `step` bytes at a time, as a pipe may.
#pragma once

#include <algorithm>
#include <string>

#include "analyzer/format/bytes/byte_source.h"

namespace slotscope::test {

class Dribble : public ByteSource {
 public:
  Dribble(std::string bytes, size_t step) : bytes_(std::move(bytes)), step_(step) {}
  Result<size_t> read(std::span<char> into) override {
    const size_t n = bytes_.copy(into.data(), std::min(into.size(), step_), at_);
    at_ += n;
    return n;
  }

 private:
  std::string bytes_;
  size_t step_, at_ = 0;
};

}  // namespace slotscope::test
