// A sink that fails half way.
#pragma once

#include <string>

#include "analyzer/format/bytes/byte_sink.h"

namespace slotscope::test {

// Room for `capacity` bytes, then ENOSPC; `takes_back` like a file.
class SmallDisk : public ByteSink {
 public:
  SmallDisk(std::string& bytes, size_t capacity, bool takes_back)
      : bytes_(bytes), capacity_(capacity), takes_back_(takes_back) {}
  Status write(std::string_view bytes) override {
    const size_t room = capacity_ - bytes_.size();
    if (bytes.size() > room) {
      if (!takes_back_) bytes_.append(bytes.substr(0, room));
      return Diagnostic{.fault = Fault::environment, .message = "the disk is full"};
    }
    bytes_.append(bytes);
    return ok();
  }
  Status close() override { return ok(); }

 private:
  std::string& bytes_;
  size_t capacity_;
  bool takes_back_;
};

}  // namespace slotscope::test
