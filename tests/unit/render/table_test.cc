#include "analyzer/render/text/table.h"

#include <sstream>

#include "analyzer/render/text/wrapped_text.h"
#include "tests/support/catch.h"

using namespace slotscope;

TEST_CASE("a table's last cell goes on below itself where the line is full") {
  Table table({{"n"}, {"what", Table::Align::left}});
  table.row({"10", "one two three four"});
  table.row({"7", "one"});
  std::ostringstream narrow, wide;
  table.print_within(16, narrow, 2);
  CHECK(narrow.str() == "   n  what\n  10  one two\n      three four\n   7  one\n");
  table.print(wide, 2);
  CHECK(wide.str() == "   n  what\n  10  one two three four\n   7  one\n");
}

TEST_CASE("text is broken between words, and a word that is too long is not") {
  CHECK(wrapped_text("one two three", 2, 10) == "  one two\n    three");
  CHECK(wrapped_text("one twothreefour five", 0, 10) == "one\n  twothreefour\n  five");
  CHECK(wrapped_text("", 2, 10) == "  ");
}
