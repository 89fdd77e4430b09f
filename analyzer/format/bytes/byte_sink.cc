#include "analyzer/format/bytes/byte_sink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <optional>

#include "analyzer/base/escape.h"
#include "analyzer/base/output_place.h"
#include "analyzer/base/replacement.h"
#include "analyzer/base/unique_fd.h"

namespace slotscope {
namespace {

constexpr int look_for_reader_ms = 50;
// A reader that is merely slow gets this long to take what is there when the capture is to end.
constexpr int patience_ms = 1000;

bool is_regular(int fd) {
  struct stat file {};
  return fstat(fd, &file) == 0 && S_ISREG(file.st_mode);
}

Diagnostic no_reader(const std::string& path) {
  return {.fault = Fault::environment,
          .place = path,
          .message = "nobody reads it, and the wait for a reader was interrupted"};
}

class FdSink : public CaptureSink {
 public:
  FdSink(UniqueFd fd, std::string path, int wake)
      : own_(std::move(fd)), fd_(own_.get()), path_(std::move(path)), wake_(wake) {
    is_file_ = is_regular(fd_);
  }
  FdSink(Replacement file, std::string path)
      : file_(std::move(file)), fd_(file_->fd()), path_(std::move(path)), is_file_(true) {}

  ~FdSink() override {
    // Whatever ended a capture: what it has takes its place.
    if (begun_) (void)close();
  }

  Status write(std::string_view bytes) override {
    size_t done = 0;
    while (done < bytes.size()) {
      size_t most = bytes.size() - done;
      if (wake_ >= 0 && !is_file_) {
        if (!wait_for_room()) return no_reader_now();
        most = std::min<size_t>(most, PIPE_BUF);  // what a pipe takes at once when it is ready
      }
      const ssize_t n = ::write(fd_, bytes.data() + done, most);
      if (n >= 0) {
        done += static_cast<size_t>(n);
      } else if (errno != EINTR) {
        const int error = errno;
        take_back(done);
        // A file that lacks a part replaces nothing, whatever is still written of it.
        if (!begun_) discard();
        return output_failure(path_, "can't write", error);
      }
    }
    return ok();
  }

  Result<std::string> begin() override {
    if (!file_) return std::string();
    Result<std::string> aside = file_->publish_partial();
    if (!aside) return aside;
    begun_ = true;
    const auto shown = [](const std::string& path) { return escape_for_terminal(path); };
    std::string text;
    if (!aside->empty()) {
      text = fmt::format("a recording to it was killed: what that had is in {}\n", shown(*aside));
    }
    return text + fmt::format("until it ends it is {}\n", shown(file_->place()));
  }

  void discard() override {
    begun_ = false;
    if (file_) file_->discard();
    discarded_ = true;
  }

  Status close() override {
    if (std::exchange(closed_, true)) return ok();
    if (file_) return discarded_ ? ok() : file_->commit();
    const int fd = own_.release();
    // EINTR leaves the descriptor closed on Linux (close(2)), so there is nothing to repeat.
    if (fd >= 0 && ::close(fd) != 0 && errno != EINTR) {
      return output_failure(path_, "can't write", errno);
    }
    return ok();
  }

 private:
  // False when a signal came and there still is none.
  bool wait_for_room() {
    pollfd fds[] = {{fd_, POLLOUT, 0}, {wake_, POLLIN, 0}};
    while (poll(fds, 2, -1) < 0 && errno == EINTR) {
    }
    if (fds[0].revents) return true;  // an error too: the write will say which
    return poll(fds, 1, patience_ms) > 0;
  }

  Diagnostic no_reader_now() const {
    return {.fault = Fault::environment,
            .place = path_,
            .message = "can't write: its reader does not read"};
  }

  void take_back(size_t n) {
    if (!is_file_ || n == 0) return;
    const off_t end = lseek(fd_, -static_cast<off_t>(n), SEEK_CUR);
    if (end >= 0 && ftruncate(fd_, end) != 0) lseek(fd_, 0, SEEK_END);
  }

  UniqueFd own_;
  std::optional<Replacement> file_;
  int fd_;
  std::string path_;
  int wake_ = -1;
  bool is_file_ = false;
  bool begun_ = false, closed_ = false, discarded_ = false;
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

// A FIFO has no writing end before somebody reads. Without `wake` the signals that end a process
// end the wait too.
Result<UniqueFd> open_special(const std::string& path, int wake) {
  constexpr int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY;
  if (wake < 0) {
    UniqueFd fd(open(path.c_str(), flags));
    return fd ? Result<UniqueFd>(std::move(fd)) : output_failure(path, "can't open", errno);
  }
  while (true) {
    UniqueFd fd(open(path.c_str(), flags | O_NONBLOCK));
    if (fd) {
      fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) & ~O_NONBLOCK);
      return fd;
    }
    struct stat file {};
    const int error = errno;
    if (error != ENXIO || stat(path.c_str(), &file) != 0 || !S_ISFIFO(file.st_mode)) {
      return output_failure(path, "can't open", error);
    }
    pollfd signal = {wake, POLLIN, 0};
    if (poll(&signal, 1, look_for_reader_ms) > 0) return no_reader(path);
  }
}

Result<UniqueFd> open_in_place(const OutputPlace& place, const std::string& path, int wake) {
  if (place.kind == OutputPlace::Kind::special) return open_special(path, wake);
  UniqueFd fd(fcntl(place.descriptor, F_DUPFD_CLOEXEC, 0));
  return fd ? Result<UniqueFd>(std::move(fd)) : output_failure(path, "can't write", errno);
}

// Writing into the trace that is being read would destroy it.
Status check_not_input(int fd, const std::string& path, const std::string& input) {
  struct stat in {
  }, out{};
  if (input.empty() || fstat(fd, &out) != 0 || !S_ISREG(out.st_mode)) return ok();
  const bool known = input == "-" ? fstat(STDIN_FILENO, &in) == 0 : stat(input.c_str(), &in) == 0;
  if (!known || in.st_dev != out.st_dev || in.st_ino != out.st_ino) return ok();
  return Diagnostic{
      .fault = Fault::usage,
      .place = path == "-" ? "standard output" : path,
      .message = "is the trace that is being read",
      .advice = "-o with the file's own name replaces it when the new one is complete"};
}

// Two captures into one FIFO would leave one unreadable stream.
Status lock_fifo(int fd, const std::string& path) {
  struct stat file {};
  if (fstat(fd, &file) != 0 || !S_ISFIFO(file.st_mode)) return ok();
  if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return ok();
  return Diagnostic{.fault = Fault::environment,
                    .place = path,
                    .message = "is being written by another recording",
                    .advice = "give this one another -o FILE"};
}

std::string shown_name(const OutputPlace& place, const std::string& path) {
  return place.descriptor == STDOUT_FILENO ? "standard output" : path;
}

}  // namespace

std::string end_reason_after(const Diagnostic& failure, const std::string& reason) {
  if (reason.empty() || reason == failure.message) return failure.message;
  return reason + "; " + failure.message;
}

Result<std::unique_ptr<ByteSink>> create_bytes(const std::string& path, const std::string& input) {
  constexpr int no_wake = -1;
  Result<OutputPlace> place = find_output_place(path);
  if (!place) return std::move(place).error();
  if (place->kind == OutputPlace::Kind::file) {
    auto file = Replacement::create(place->path, Replacement::Access::as_before);
    if (!file) return std::move(file).error();
    return std::unique_ptr<ByteSink>(std::make_unique<FdSink>(*std::move(file), path));
  }
  Result<UniqueFd> fd = open_in_place(*place, path, no_wake);
  if (!fd) return std::move(fd).error();
  if (Status other = check_not_input(fd->get(), path, input); !other) {
    return std::move(other).error();
  }
  return std::unique_ptr<ByteSink>(
      std::make_unique<FdSink>(*std::move(fd), shown_name(*place, path), no_wake));
}

Result<std::unique_ptr<CaptureSink>> create_capture_bytes(const std::string& path, int wake) {
  Result<OutputPlace> place = find_output_place(path);
  if (!place) return std::move(place).error();
  if (place->kind == OutputPlace::Kind::file) {
    auto file = Replacement::create(place->path, Replacement::Access::owner_only);
    if (!file) return std::move(file).error();
    return std::unique_ptr<CaptureSink>(std::make_unique<FdSink>(*std::move(file), path));
  }
  Result<UniqueFd> fd = open_in_place(*place, path, wake);
  if (!fd) return std::move(fd).error();
  if (place->kind == OutputPlace::Kind::special) {
    if (Status alone = lock_fifo(fd->get(), path); !alone) return std::move(alone).error();
  }
  return std::unique_ptr<CaptureSink>(
      std::make_unique<FdSink>(*std::move(fd), shown_name(*place, path), wake));
}

Status can_be_created(const std::string& path) {
  Result<OutputPlace> place = find_output_place(path);
  if (!place) return std::move(place).error();
  if (place->kind != OutputPlace::Kind::file) return ok();
  auto file = Replacement::create(place->path, Replacement::Access::as_before);
  return file ? ok() : Status(std::move(file).error());
}

std::unique_ptr<ByteSink> memory_sink(std::string& bytes) {
  return std::make_unique<MemorySink>(bytes);
}

}  // namespace slotscope
