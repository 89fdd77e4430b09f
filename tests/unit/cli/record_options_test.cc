#include "analyzer/cli/record_options.h"

#include <sstream>

#include "tests/support/catch.h"

namespace slotscope {
namespace {

using Arguments = std::vector<std::string>;

Result<std::optional<RecordOptions>> parse(const Arguments& arguments) {
  std::ostringstream out, err;
  Streams streams{out, err};
  return parse_record_options(arguments, streams);
}

TEST_CASE("what stands behind -- is the command, whatever it looks like") {
  const auto options = parse({"-o", "a.log", "--", "qemu", "-p", "--all", "--"});
  REQUIRE(options);
  REQUIRE(options->has_value());
  const RecordOptions& record = **options;
  CHECK(record.command == Arguments{"qemu", "-p", "--all", "--"});
  CHECK_FALSE(record.pid);
  CHECK_FALSE(record.everything);
}

TEST_CASE("the format follows the file's name unless it is given") {
  struct {
    Arguments arguments;
    const WriterFormat* writer;
  } const cases[] = {
      {{"--all"}, &native_output},
      {{"--all", "-o", "x.slots"}, &native_output},
      {{"--all", "-o", "x"}, &native_output},
      {{"--all", "-o", "x.log"}, nullptr},
      {{"--all", "-o", "x.jsonl"}, &jsonl_output},
      {{"--all", "-o", "x.ndjson"}, &jsonl_output},
      {{"--all", "-o", "-"}, nullptr},
      {{"--all", "-o", "-", "--to", "jsonl"}, &jsonl_output},
      {{"--all", "-o", "-", "--to", "native"}, &native_output},
      {{"--all", "-o", "x.log", "--to", "native"}, &native_output},
  };
  for (const auto& expected : cases) {
    const auto options = parse(expected.arguments);
    REQUIRE(options);
    CHECK((**options).writer == expected.writer);
  }
}

TEST_CASE("a format is one of those that exist") { CHECK_FALSE(parse({"--all", "--to", "pcap"})); }

TEST_CASE("exactly one thing is recorded") {
  const Arguments wrong[] = {
      {},       {"-p", "1", "--all"},   {"-p", "1", "--", "true"}, {"--all", "--", "true"}, {"--"},
      {"true"}, {"--all", "--commits"},
  };
  for (const Arguments& arguments : wrong) {
    const auto options = parse(arguments);
    REQUIRE_FALSE(options);
    CHECK(options.error().fault == Fault::usage);
  }
}

TEST_CASE("a buffer's size is rounded up to what a ring can be") {
  struct {
    const char* text;
    uint64_t bytes;
  } const right[] = {
      {"1", 4096},         {"4096", 4096},  {"5000", 8192},
      {"512K", 512 << 10}, {"3M", 4 << 20}, {"1G", 1 << 30},
  };
  for (const auto& expected : right) {
    const Result<Bytes> size = parse_buffer_size(expected.text);
    REQUIRE(size);
    CHECK(size->value == expected.bytes);
  }
  for (const char* text : {"", "0", "M", "1T", "2G", "-1", "1.5M", "18446744073709551616", "4M "}) {
    CHECK_FALSE(parse_buffer_size(text));
  }
}

TEST_CASE("a duration is seconds unless it says otherwise") {
  struct {
    const char* text;
    int64_t ns;
  } const right[] = {{"10", 10'000'000'000}, {"2.5s", 2'500'000'000}, {"500ms", 500'000'000}};
  for (const auto& expected : right) {
    const Result<Nanos> time = parse_duration(expected.text);
    REQUIRE(time);
    CHECK(time->value == expected.ns);
  }
  for (const char* text : {"", "0", "-1", "1h", "s", "nan", "inf", "1e99"}) {
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("a backend is one of those that exist") {
  CHECK((**parse({"--all"})).backend == std::nullopt);
  CHECK((**parse({"--all", "--backend", "kprobe"})).backend == Backend::kprobe);
  CHECK_FALSE(parse({"--all", "--backend", "ptrace"}));
}

}  // namespace
}  // namespace slotscope
