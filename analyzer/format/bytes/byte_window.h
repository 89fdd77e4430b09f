// A view that slides over the bytes of a source and grows on demand, for binary formats.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "analyzer/base/result.h"
#include "analyzer/base/units.h"
#include "analyzer/format/bytes/byte_source.h"

namespace slotscope {

class ByteWindow {
 public:
  explicit ByteWindow(std::unique_ptr<ByteSource> bytes);

  // The next `n` bytes, fewer only at the end; valid until the next peek or seek. Memory grows with
  // what really arrives, whatever `n` claims.
  Result<std::string_view> peek(size_t n);

  // Goes on by `n` bytes, which the last peek must have shown.
  void consume(size_t n);

  Bytes offset() const { return offset_; }  // in the source, of the byte that comes next
  std::string torn() const { return bytes_->torn(); }

  std::optional<Bytes> size() const { return bytes_->size(); }
  Status seek(Bytes offset);  // only where size() tells

 private:
  struct Free {
    void operator()(char* memory) const;
  };
  using Memory = std::unique_ptr<char[], Free>;
  static Memory allocate(size_t size);

  void make_room();

  std::unique_ptr<ByteSource> bytes_;
  Memory memory_;
  size_t capacity_;
  size_t begin_ = 0, end_ = 0;
  Bytes offset_;
  bool at_end_ = false;
};

}  // namespace slotscope
