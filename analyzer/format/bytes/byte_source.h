// Bytes of a trace, whatever brings them: a file, standard input, a fifo; plain, gzip or zstd.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "analyzer/base/result.h"
#include "analyzer/base/units.h"

namespace slotscope {

class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // At least one byte, as soon as there are some; 0 only at the end.
  virtual Result<size_t> read(std::span<char> into) = 0;

  // What is missing at the end ("the gzip stream is cut off"), empty when nothing is.
  virtual std::string torn() const { return {}; }

  // How many bytes there are, where the next read may be moved; a pipe and a compressed file don't
  // tell.
  virtual std::optional<Bytes> size() const { return std::nullopt; }
  // The next read starts there, from 0. Only where size() tells.
  virtual Status seek(Bytes offset);
};

// `path` may be "-" for standard input. Recognises gzip and zstd by their magic.
Result<std::unique_ptr<ByteSource>> open_bytes(const std::string& path);

// The same over bytes in memory; for tests and fuzzers. `bytes` must outlive the result.
std::unique_ptr<ByteSource> memory_bytes(std::string_view bytes);

// Looks at the first bytes of a source without consuming them.
class PeekedSource : public ByteSource {
 public:
  static Result<std::unique_ptr<PeekedSource>> open(std::unique_ptr<ByteSource> inner, size_t size);
  std::string_view head() const { return head_; }
  // Looks further; only before the first read.
  Status extend(size_t size);
  Result<size_t> read(std::span<char> into) override;
  std::string torn() const override { return inner_->torn(); }
  std::optional<Bytes> size() const override { return inner_->size(); }
  Status seek(Bytes offset) override;

 private:
  std::unique_ptr<ByteSource> inner_;
  std::string head_;
  size_t taken_ = 0;
};

}  // namespace slotscope
