#include "analyzer/format/line_reader.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/dribble.h"

using namespace slotscope;

namespace {

std::vector<std::string> lines_of(std::string bytes, size_t step) {
  LineReader reader(std::make_unique<test::Dribble>(std::move(bytes), step));
  std::vector<std::string> lines;
  std::string_view line;
  while (true) {
    Result<bool> more = reader.next(line);
    REQUIRE(more);
    if (!*more) return lines;
    lines.emplace_back(line);
  }
}

}  // namespace

TEST_CASE("lines are cut the same however the bytes arrive") {
  const std::string text = "one\r\n\ntwo\nthree";
  const std::vector<std::string> expected = {"one", "", "two", "three"};
  for (size_t step : {1, 2, 3, 7, 1000}) CHECK(lines_of(text, step) == expected);
  CHECK(lines_of("", 1).empty());
}

TEST_CASE("an overlong line is cut and the next one is whole") {
  for (size_t length : {LineReader::max_line, LineReader::max_line + 1, size_t{1} << 20}) {
    for (size_t step : {size_t{1000}, size_t{1} << 18, size_t{1} << 21}) {
      const auto lines = lines_of(std::string(length, 'x') + "\nnext\n", step);
      REQUIRE(lines.size() == 2);
      CHECK(lines[0].size() == LineReader::max_line);
      CHECK(lines[1] == "next");
    }
  }
}

TEST_CASE("the reader tells whether the last line was terminated") {
  LineReader cut(memory_bytes("a\nb"));
  std::string_view line;
  REQUIRE(*cut.next(line));
  CHECK_FALSE(cut.unterminated());
  REQUIRE(*cut.next(line));
  CHECK(cut.unterminated());
  CHECK(cut.number() == 2);

  const std::string longest(LineReader::max_line + 1, 'x');
  for (const bool terminated : {true, false}) {
    const std::string text = longest + (terminated ? "\n" : "");
    LineReader reader(memory_bytes(text));
    REQUIRE(*reader.next(line));
    REQUIRE_FALSE(*reader.next(line));
    CHECK(reader.unterminated() != terminated);
  }
}
