#include "analyzer/format/bytes/byte_source.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "analyzer/format/registry.h"
#include "tests/support/catch.h"

using namespace slotscope;
namespace fs = std::filesystem;

namespace {

std::string read_to_end(ByteSource& source) {
  std::string all;
  char some[7];
  while (true) {
    const Result<size_t> n = source.read(some);
    REQUIRE(n);
    if (*n == 0) return all;
    all.append(some, *n);
  }
}

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content)
      : path_(fs::temp_directory_path() / ("slotscope-source-test-" + std::to_string(getpid()))) {
    std::ofstream(path_, std::ios::binary) << content;
  }
  ~TemporaryFile() { fs::remove(path_); }
  std::unique_ptr<ByteSource> open() const {
    auto bytes = open_bytes(path_.string());
    REQUIRE(bytes);
    return *std::move(bytes);
  }

 private:
  fs::path path_;
};

// Blocks that hold their bytes as they are, and one of a kind that no version has.
const std::string gzip_head("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
const std::string gzip_block("\0\x0c\0\xf3\xffsound bytes\n", 17);
const std::string gzip_damage("\x07", 1);
const std::string zstd_head("\x28\xb5\x2f\xfd\0\0", 6);
const std::string zstd_block("\x60\0\0sound bytes\n", 15);
const std::string zstd_damage("\x06\0\0", 3);

// Noise as long as recognition looks at first, then an error.
class FailingSource : public ByteSource {
 public:
  Result<size_t> read(std::span<char> into) override {
    if (left_ == 0) return Diagnostic{.message = "the disk is gone"};
    const size_t n = std::min(left_, into.size());
    std::fill_n(into.begin(), n, '\n');
    left_ -= n;
    return n;
  }

 private:
  size_t left_ = sniff_size;
};

}  // namespace

TEST_CASE("damage ends a compressed stream, and what stands before it is kept") {
  const TemporaryFile gzip(gzip_head + gzip_block + gzip_block + gzip_damage + gzip_block);
  const auto from_gzip = gzip.open();
  CHECK(read_to_end(*from_gzip) == "sound bytes\nsound bytes\n");
  CHECK(from_gzip->torn() == "the gzip stream is damaged (invalid block type)");

  const TemporaryFile zstd(zstd_head + zstd_block + zstd_block + zstd_damage + zstd_block);
  const auto from_zstd = zstd.open();
  // libzstd doesn't tell what it wrote in the call that finds the damage.
  const std::string kept = read_to_end(*from_zstd);
  CHECK(std::string_view("sound bytes\nsound bytes\n").starts_with(kept));
  CHECK(kept.size() > 24 - 7);
  CHECK(from_zstd->torn().starts_with("the zstd stream is damaged ("));
}

TEST_CASE("compressed files in several parts") {
  const std::string last_zstd = zstd_head + std::string("\x61\0\0sound bytes\n", 15);
  std::string skipped("\x50\x2a\x4d\x18\x04\0\0\0abcd", 12);
  const std::string nothing("\x5f\x2a\x4d\x18\0\0\0\0", 8);
  for (const std::string& file :
       {skipped + last_zstd, nothing + last_zstd, skipped + nothing + last_zstd + skipped,
        last_zstd + skipped, last_zstd + nothing}) {
    const TemporaryFile zstd(file);
    const auto bytes = zstd.open();
    CHECK(read_to_end(*bytes) == "sound bytes\n");
    CHECK(bytes->torn().empty());
  }
  const TemporaryFile between(last_zstd + skipped + last_zstd);
  const auto bytes = between.open();
  CHECK(read_to_end(*bytes) == "sound bytes\nsound bytes\n");
  CHECK(bytes->torn().empty());
  skipped.pop_back();
  const TemporaryFile torn(last_zstd + skipped);
  const auto cut = torn.open();
  CHECK(read_to_end(*cut) == "sound bytes\n");
  CHECK(cut->torn() == "the zstd stream is cut off");
}

TEST_CASE("a compressed stream has no size and can't seek") {
  const TemporaryFile file(gzip_head + gzip_block);
  const auto source = file.open();
  CHECK_FALSE(source->size());
  const Status moved = source->seek(Bytes{0});
  REQUIRE_FALSE(moved);
  CHECK(moved.error().message == "can't seek in a stream");
  CHECK(read_to_end(*source) == "sound bytes\n");
  CHECK(source->torn() == "the gzip stream is cut off");
}

TEST_CASE("a file seeks, a pipe does not") {
  const TemporaryFile file("0123456789");
  const auto from_file = file.open();
  CHECK(from_file->size() == Bytes{10});
  REQUIRE(from_file->seek(Bytes{7}));
  CHECK(read_to_end(*from_file) == "789");

  int ends[2];
  REQUIRE(pipe(ends) == 0);
  REQUIRE(write(ends[1], "0123456789", 10) == 10);
  close(ends[1]);
  const auto from_pipe = open_bytes("/dev/fd/" + std::to_string(ends[0]));
  close(ends[0]);
  REQUIRE(from_pipe);
  CHECK_FALSE((*from_pipe)->size());
  const Status moved = (*from_pipe)->seek(Bytes{7});
  REQUIRE_FALSE(moved);
  CHECK(moved.error().message == "can't seek: Illegal seek");
}

TEST_CASE("what can't be read is said, whether at first or when recognition looks further") {
  const auto unmapped = open_bytes("/proc/self/mem");
  REQUIRE_FALSE(unmapped);
  CHECK(unmapped.error().place == "/proc/self/mem");
  CHECK(unmapped.error().message == "can't read: Input/output error");

  const auto trace = open_trace(std::make_unique<FailingSource>(), "test", {});
  REQUIRE_FALSE(trace);
  CHECK(trace.error().message == "the disk is gone");
}
