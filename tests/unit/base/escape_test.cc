#include "analyzer/base/escape.h"

#include "tests/support/catch.h"

using slotscope::escape_for_terminal;

TEST_CASE("plain text and UTF-8 pass") {
  CHECK(escape_for_terminal("Slot#0 µs") == "Slot#0 µs");
  CHECK(escape_for_terminal("a\tb") == "a b");
}

TEST_CASE("what could steer a terminal does not pass") {
  CHECK(escape_for_terminal("\x1b[31mred") == "\\x1b[31mred");
  CHECK(escape_for_terminal(std::string_view("\0\r\n\x7f", 4)) == "\\x00\\x0d\\x0a\\x7f");
  CHECK(escape_for_terminal("\xc2\x9b"
                            "31m") == "\\xc2\\x9b31m");             // C1 CSI
  CHECK(escape_for_terminal("\xc0\xaf") == "\\xc0\\xaf");           // overlong
  CHECK(escape_for_terminal("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // surrogate
  CHECK(escape_for_terminal("\xff") == "\\xff");
}

TEST_CASE("a path is one word to a shell") {
  CHECK(slotscope::shell_word("traces/qemu/7.2-pc_a.log") == "traces/qemu/7.2-pc_a.log");
  CHECK(slotscope::shell_word("my boot.slots") == "'my boot.slots'");
  CHECK(slotscope::shell_word("it's;$(x)") == "'it'\\''s;$(x)'");
  CHECK(slotscope::shell_word("") == "''");
}

TEST_CASE("UTF-8 is told from other bytes") {
  for (const char* good : {"", "VGA", "\x01\x7f", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) {
    CHECK(slotscope::is_utf8(good));
  }
  for (const char* bad : {"\x80", "VGA\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xc2\x9b", "\xff"}) {
    CHECK_FALSE(slotscope::is_utf8(bad));
  }
}
