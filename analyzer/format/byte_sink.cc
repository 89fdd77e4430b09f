#include "analyzer/format/byte_sink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "analyzer/base/unique_fd.h"

namespace slotscope {
namespace {

const char* advice_for(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "free some space or write to another file system";
    case EFBIG:
      return "raise the limit on file sizes (ulimit -f)";
    case EACCES:
    case EPERM:
    case EROFS:
      return "write to a directory that you may write to";
    case ENOENT:
      return "create the directory first";
    default:
      return "";
  }
}

Diagnostic failure(const std::string& path, const char* what, int error) {
  return {.fault = Fault::environment,
          .place = path,
          .message = fmt::format("{}: {}", what, strerror(error)),
          .advice = advice_for(error)};
}

class FdSink : public ByteSink {
 public:
  FdSink(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {
    struct stat st {};
    is_file_ = fstat(fd_.get(), &st) == 0 && S_ISREG(st.st_mode);
  }

  Status write(std::string_view bytes) override {
    size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t n = ::write(fd_.get(), bytes.data() + done, bytes.size() - done);
      if (n >= 0) {
        done += static_cast<size_t>(n);
      } else if (errno != EINTR) {
        const int error = errno;
        take_back(done);
        return failure(path_, "can't write", error);
      }
    }
    return ok();
  }

  Status close() override {
    const int fd = fd_.release();
    // EINTR leaves the descriptor closed on Linux (close(2)), so there is nothing to repeat.
    if (fd >= 0 && ::close(fd) != 0 && errno != EINTR) {
      return failure(path_, "can't write", errno);
    }
    return ok();
  }

 private:
  void take_back(size_t n) {
    if (!is_file_ || n == 0) return;
    const off_t end = lseek(fd_.get(), -static_cast<off_t>(n), SEEK_CUR);
    if (end >= 0 && ftruncate(fd_.get(), end) != 0) lseek(fd_.get(), 0, SEEK_END);
  }

  UniqueFd fd_;
  std::string path_;
  bool is_file_ = false;
};

class MemorySink : public ByteSink {
 public:
  explicit MemorySink(std::string& bytes) : bytes_(bytes) {}
  Status write(std::string_view bytes) override {
    bytes_.append(bytes);
    return ok();
  }
  Status close() override { return ok(); }

 private:
  std::string& bytes_;
};

}  // namespace

std::string end_reason_after(const Diagnostic& failure, const std::string& reason) {
  if (reason.empty() || reason == failure.message) return failure.message;
  return reason + "; " + failure.message;
}

Result<std::unique_ptr<ByteSink>> create_bytes(const std::string& path) {
  const bool standard_output = path == "-";
  constexpr mode_t mode = 0666;  // the umask decides
  UniqueFd fd(standard_output
                  ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                  : ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!fd) return failure(path, "can't create", errno);
  std::unique_ptr<ByteSink> sink =
      std::make_unique<FdSink>(std::move(fd), standard_output ? "standard output" : path);
  return sink;
}

std::unique_ptr<ByteSink> memory_sink(std::string& bytes) {
  return std::make_unique<MemorySink>(bytes);
}

}  // namespace slotscope
