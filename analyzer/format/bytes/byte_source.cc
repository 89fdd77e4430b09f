#include "analyzer/format/bytes/byte_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "analyzer/base/unique_fd.h"

namespace slotscope {
namespace {

constexpr size_t compressed_block = 1 << 16;

class FdSource : public ByteSource {
 public:
  FdSource(UniqueFd fd, std::string path)
      : fd_(std::move(fd)), path_(std::move(path)), start_(lseek(fd_.get(), 0, SEEK_CUR)) {}
  Result<size_t> read(std::span<char> into) override {
    while (true) {
      const ssize_t n = ::read(fd_.get(), into.data(), into.size());
      if (n >= 0) return static_cast<size_t>(n);
      if (errno != EINTR) {
        return Diagnostic{.place = path_,
                          .message = fmt::format("can't read: {}", strerror(errno))};
      }
    }
  }

  std::optional<Bytes> size() const override {
    struct stat st {};
    if (start_ < 0 || fstat(fd_.get(), &st) != 0 || !S_ISREG(st.st_mode)) return std::nullopt;
    return Bytes{static_cast<uint64_t>(std::max<off_t>(st.st_size - start_, 0))};
  }

  Status seek(Bytes offset) override {
    if (lseek(fd_.get(), start_ + static_cast<off_t>(offset.value), SEEK_SET) >= 0) return ok();
    return Diagnostic{.place = path_, .message = fmt::format("can't seek: {}", strerror(errno))};
  }

 private:
  UniqueFd fd_;
  std::string path_;
  off_t start_;  // standard input may have been read from before
};

class MemorySource : public ByteSource {
 public:
  explicit MemorySource(std::string_view bytes) : all_(bytes), rest_(bytes) {}
  Result<size_t> read(std::span<char> into) override {
    const size_t n = rest_.copy(into.data(), into.size());
    rest_.remove_prefix(n);
    return n;
  }
  std::optional<Bytes> size() const override { return Bytes{all_.size()}; }
  Status seek(Bytes offset) override {
    rest_ = all_.substr(std::min<size_t>(offset.value, all_.size()));
    return ok();
  }

 private:
  std::string_view all_, rest_;
};

// The compressed side that both decompressors share: refills `in_` when it is used up.
class Compressed : public ByteSource {
 public:
  explicit Compressed(std::unique_ptr<ByteSource> inner)
      : inner_(std::move(inner)), block_(compressed_block, '\0') {}
  std::string torn() const override { return torn_; }

 protected:
  // Unread compressed bytes; empty at the end of the file.
  Result<std::string_view> input() {
    if (in_.empty()) {
      Result<size_t> n = inner_->read(block_);
      if (!n) return std::move(n).error();
      in_ = std::string_view(block_).substr(0, *n);
    }
    return in_;
  }
  void consume(size_t n) { in_.remove_prefix(n); }

  std::string torn_;

 private:
  std::unique_ptr<ByteSource> inner_;
  std::string block_;
  std::string_view in_;
};

// Damage ends the stream instead of failing it: what was unpacked before it is good data.
class GzipSource : public Compressed {
 public:
  explicit GzipSource(std::unique_ptr<ByteSource> inner) : Compressed(std::move(inner)) {
    constexpr int window_bits_gzip = 15 + 16;
    if (inflateInit2(&stream_, window_bits_gzip) != Z_OK) throw std::bad_alloc();
  }
  ~GzipSource() override { inflateEnd(&stream_); }

  Result<size_t> read(std::span<char> into) override {
    stream_.next_out = reinterpret_cast<Bytef*>(into.data());
    stream_.avail_out = static_cast<uInt>(into.size());
    while (!ended_ && stream_.avail_out == into.size()) {
      Result<std::string_view> in = input();
      if (!in) return std::move(in).error();
      if (in->empty()) {
        if (!between_members_) torn_ = "the gzip stream is cut off";
        break;
      }
      between_members_ = false;
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in->data()));
      stream_.avail_in = static_cast<uInt>(in->size());
      const int status = inflate(&stream_, Z_NO_FLUSH);
      consume(in->size() - stream_.avail_in);
      if (status == Z_STREAM_END) {
        between_members_ = true;  // `cat a.gz b.gz` is a valid gzip file
        inflateReset(&stream_);
      } else if (status == Z_MEM_ERROR) {
        throw std::bad_alloc();  // not the file's fault
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        torn_ = fmt::format("the gzip stream is damaged ({})",
                            stream_.msg ? stream_.msg : "unknown error");
        ended_ = true;
      }
    }
    return into.size() - stream_.avail_out;
  }

 private:
  z_stream stream_{};
  bool between_members_ = false, ended_ = false;
};

class ZstdSource : public Compressed {
 public:
  explicit ZstdSource(std::unique_ptr<ByteSource> inner)
      : Compressed(std::move(inner)), stream_(ZSTD_createDStream()) {
    if (!stream_) throw std::bad_alloc();
    // A window is what a frame may make us allocate: refuse more than a trace could need.
    constexpr int window_log_max = 25;
    ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, window_log_max);
  }
  ~ZstdSource() override { ZSTD_freeDStream(stream_); }

  Result<size_t> read(std::span<char> into) override {
    ZSTD_outBuffer out{into.data(), into.size(), 0};
    while (!ended_ && out.pos == 0) {
      Result<std::string_view> compressed = input();
      if (!compressed) return std::move(compressed).error();
      if (compressed->empty() && !flushing_) {
        if (in_frame_) torn_ = "the zstd stream is cut off";
        break;
      }
      ZSTD_inBuffer in{compressed->data(), compressed->size(), 0};
      const size_t status = ZSTD_decompressStream(stream_, &out, &in);
      consume(in.pos);
      if (ZSTD_getErrorCode(status) == ZSTD_error_memory_allocation) throw std::bad_alloc();
      if (ZSTD_isError(status)) {
        torn_ = fmt::format("the zstd stream is damaged ({})", ZSTD_getErrorName(status));
        ended_ = true;
        break;
      }
      in_frame_ = status != 0;
      flushing_ = in_frame_ && out.pos == out.size;
    }
    return out.pos;
  }

 private:
  ZSTD_DStream* stream_;
  bool in_frame_ = false, ended_ = false;
  bool flushing_ = false;  // the output was full: there may be more without new input
};

bool starts_with_bytes(std::string_view head, std::string_view magic) {
  return head.substr(0, magic.size()) == magic;
}

// A frame, or one that a decoder skips: pzstd and seekable files begin with such.
bool is_zstd(std::string_view head) {
  if (starts_with_bytes(head, "\x28\xb5\x2f\xfd")) return true;
  return head.size() >= 4 && (head[0] & 0xf0) == 0x50 && head.substr(1, 3) == "\x2a\x4d\x18";
}

Result<UniqueFd> open_for_reading(const std::string& path) {
  if (path == "-") return UniqueFd(::dup(STDIN_FILENO));
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    return Diagnostic{.place = path, .message = fmt::format("can't open: {}", strerror(errno))};
  }
  struct stat st {};
  if (fstat(fd.get(), &st) == 0 && S_ISDIR(st.st_mode)) {
    return Diagnostic{
        .place = path, .message = "is a directory", .advice = "name the trace files in it"};
  }
  return fd;
}

}  // namespace

Status ByteSource::seek(Bytes) { return Diagnostic{.message = "can't seek in a stream"}; }

Result<std::unique_ptr<PeekedSource>> PeekedSource::open(std::unique_ptr<ByteSource> inner,
                                                         size_t size) {
  auto peeked = std::make_unique<PeekedSource>();
  peeked->inner_ = std::move(inner);
  Status extended = peeked->extend(size);
  if (!extended) return std::move(extended).error();
  return peeked;
}

Status PeekedSource::extend(size_t size) {
  size_t have = head_.size();
  head_.resize(size);
  while (have < size) {
    Result<size_t> n = inner_->read({head_.data() + have, size - have});
    if (!n) return std::move(n).error();
    if (*n == 0) break;
    have += *n;
  }
  head_.resize(have);
  return ok();
}

Result<size_t> PeekedSource::read(std::span<char> into) {
  if (taken_ == head_.size()) return inner_->read(into);
  const size_t n = head_.copy(into.data(), into.size(), taken_);
  taken_ += n;
  return n;
}

Status PeekedSource::seek(Bytes offset) {
  taken_ = head_.size();
  return inner_->seek(offset);
}

std::unique_ptr<ByteSource> memory_bytes(std::string_view bytes) {
  return std::make_unique<MemorySource>(bytes);
}

Result<std::unique_ptr<ByteSource>> open_bytes(const std::string& path) {
  Result<UniqueFd> fd = open_for_reading(path);
  if (!fd) return std::move(fd).error();
  Result<std::unique_ptr<PeekedSource>> peeked =
      PeekedSource::open(std::make_unique<FdSource>(*std::move(fd), path), 4);
  if (!peeked) return std::move(peeked).error();
  const std::string_view head = (*peeked)->head();
  std::unique_ptr<ByteSource> bytes;
  if (starts_with_bytes(head, "\x1f\x8b")) {
    bytes = std::make_unique<GzipSource>(*std::move(peeked));
  } else if (is_zstd(head)) {
    bytes = std::make_unique<ZstdSource>(*std::move(peeked));
  } else {
    bytes = *std::move(peeked);
  }
  return bytes;
}

}  // namespace slotscope
