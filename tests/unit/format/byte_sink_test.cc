#include "analyzer/format/bytes/byte_sink.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/catch.h"

using namespace slotscope;
namespace fs = std::filesystem;

namespace {

class TemporaryFile {
 public:
  TemporaryFile()
      : path_(fs::temp_directory_path() / ("slotscope-sink-test-" + std::to_string(getpid()))) {}
  ~TemporaryFile() { fs::remove(path_); }
  std::string path() const { return path_.string(); }
  std::string content() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  fs::path path_;
};

// No file of this process grows beyond `size` meanwhile, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t size) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{size, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace

TEST_CASE("a file holds what was written, and nothing of before") {
  const TemporaryFile file;
  std::ofstream(file.path()) << "something longer from before";
  auto sink = create_bytes(file.path());
  REQUIRE(sink);
  REQUIRE((*sink)->write("one\n"));
  REQUIRE((*sink)->write(""));
  REQUIRE((*sink)->write(std::string("t\0o", 3)));
  REQUIRE((*sink)->close());
  CHECK(file.content() == std::string("one\nt\0o", 7));
}

TEST_CASE("a file that is never closed leaves what was there") {
  const TemporaryFile file;
  std::ofstream(file.path()) << "before";
  {
    auto sink = create_bytes(file.path());
    REQUIRE(sink);
    REQUIRE((*sink)->write("after"));
  }
  CHECK(file.content() == "before");
}

TEST_CASE("a file of which a write failed replaces nothing, closed or not") {
  const TemporaryFile file;
  std::ofstream(file.path()) << "before";
  {
    auto sink = create_bytes(file.path());
    REQUIRE(sink);
    {
      const FileSizeLimit limit(10);
      REQUIRE_FALSE((*sink)->write(std::string(600, 'b')));
    }
    REQUIRE((*sink)->write("after"));
    REQUIRE((*sink)->close());
  }
  CHECK(file.content() == "before");
}

TEST_CASE("what a capture had takes its place, whatever ended it") {
  const TemporaryFile file;
  std::ofstream(file.path()) << "before";
  {
    auto sink = create_capture_bytes(file.path(), -1);
    REQUIRE(sink);
    REQUIRE((*sink)->begin());
    REQUIRE((*sink)->write("after"));
    CHECK(file.content() == "before");
  }
  CHECK(file.content() == "after");
  CHECK_FALSE(fs::exists(file.path() + ".partial"));
}

TEST_CASE("a capture that did not begin leaves what was there") {
  const TemporaryFile file;
  std::ofstream(file.path()) << "before";
  {
    auto sink = create_capture_bytes(file.path(), -1);
    REQUIRE(sink);
    REQUIRE((*sink)->write("after"));
  }
  CHECK(file.content() == "before");
}

TEST_CASE("a write that fails half way leaves nothing behind in a capture's file") {
  const TemporaryFile file;
  auto sink = create_capture_bytes(file.path(), -1);
  REQUIRE(sink);
  REQUIRE((*sink)->begin());
  {
    const FileSizeLimit limit(1000);
    REQUIRE((*sink)->write(std::string(600, 'a')));
    const Status failed = (*sink)->write(std::string(600, 'b'));
    REQUIRE_FALSE(failed);
    CHECK(failed.error().fault == Fault::environment);
    CHECK(failed.error().place == file.path());
    CHECK(failed.error().message == "can't write: File too large");
    CHECK(failed.error().advice == "raise the limit on file sizes (ulimit -f)");
    REQUIRE((*sink)->write(std::string(400, 'c')));
  }
  REQUIRE((*sink)->close());
  CHECK(file.content() == std::string(600, 'a') + std::string(400, 'c'));
}

TEST_CASE("what can't be created or written is said with advice") {
  const auto nowhere = create_bytes("/nonexistent/trace.slots");
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().fault == Fault::environment);
  CHECK(nowhere.error().message == "can't create: No such file or directory");
  CHECK(nowhere.error().advice == "create the directory first");

  // sysfs has no files but the kernel's, whoever asks.
  const auto forbidden = create_bytes("/sys/slotscope-test");
  REQUIRE_FALSE(forbidden);
  CHECK(forbidden.error().advice == "write to a directory that you may write to");

  const auto directory = create_bytes("/");
  REQUIRE_FALSE(directory);
  CHECK(directory.error().message == "can't create: Is a directory");
  CHECK(directory.error().advice.empty());

  auto full = create_bytes("/dev/full");
  REQUIRE(full);
  const Status failed = (*full)->write("x");
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message == "can't write: No space left on device");
  CHECK(failed.error().advice == "free some space or write to another file system");
}
