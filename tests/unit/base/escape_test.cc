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

TEST_CASE("what is not seen does not pass") {
  CHECK(escape_for_terminal("a\u202eb\u2066") == "a\\xe2\\x80\\xaeb\\xe2\\x81\\xa6");
  for (const char* unseen :
       {"\u00ad", "\u061c", "\u180e", "\u200b",     "\u200e",     "\u200f",
        "\u2028", "\u2029", "\u202a", "\u202b",     "\u202c",     "\u202d",
        "\u202e", "\u2060", "\u2066", "\u2067",     "\u2068",     "\u2069",
        "\u3164", "\ufeff", "\ufff9", "\U0001d173", "\U000e0001", "\U000e0041"}) {
    INFO(unseen);
    CHECK(escape_for_terminal(unseen).starts_with("\\x"));
  }
  for (const char* seen :
       {"é", "\u00a0", "中", "שלום", "\u2027", "\u2030", "❤\ufe0f", "\U0001f600"}) {
    CHECK(escape_for_terminal(seen) == seen);
  }
}

TEST_CASE("JSON spells what is not seen") {
  using slotscope::escape_in_json;
  CHECK(escape_in_json("{\"a\": \"b\u202e\u0085\x7f\"}") == "{\"a\": \"b\\u202e\\u0085\\u007f\"}");
  CHECK(escape_in_json("\"\U000e0041é\"") == "\"\\udb40\\udc41é\"");
  CHECK(escape_in_json("\"\xff\"") == "\"\xff\"");
  CHECK(escape_in_json("{}") == "{}");
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
