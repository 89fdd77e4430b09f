// Walks over one line of text, field by field. After the first failure every step fails, so a
// parser reads like the line it parses and asks once at the end.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "analyzer/base/bytes.h"

namespace slotscope {

// 0..15 for a hexadecimal digit, 0xff for everything else.
inline constexpr auto hex_value = [] {
  std::array<uint8_t, 256> table{};
  for (int c = 0; c < 256; ++c) {
    table[c] = c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : 0xff;
  }
  return table;
}();

// The lower-case hexadecimal digits at the start of eight bytes of text.
struct HexWord {
  uint64_t value;
  int digits;  // 0..8
};

// Eight characters at once in one register: addresses have no usual length, and a loop over their
// digits costs a mispredicted branch for each number.
inline HexWord hex_word(uint64_t text) {
  constexpr uint64_t ones = 0x0101010101010101;
  constexpr uint64_t high = 0x80 * ones;
  const uint64_t ascii = text & ~high;
  // The high bit of each byte that is at least `c`; no carry leaves a byte below 0x80.
  const auto at_least = [&](uint64_t c) { return ascii + (0x80 - c) * ones; };
  const uint64_t decimal = at_least('0') & ~at_least('9' + 1);
  const uint64_t letter = at_least('a') & ~at_least('f' + 1);
  const uint64_t other = (~(decimal | letter) | text) & high;
  const int digits = std::countr_zero(other) / 8;
  if (digits == 0) return {0, 0};
  uint64_t v = (ascii & 0x0f * ones) + 9 * ((letter & high) >> 7);
  v <<= 64 - 8 * digits;  // the digits to the top, zeros before them
  v = (v << 4 | v >> 8) & 0x00ff00ff00ff00ff;
  v = (v << 8 | v >> 16) & 0x0000ffff0000ffff;
  v = (v << 16 | v >> 32) & 0x00000000ffffffff;
  return {v, digits};
}

class Cursor {
 public:
  explicit Cursor(std::string_view line, size_t start = 0)
      : begin_(line.data()), at_(line.data() + start), end_(line.data() + line.size()) {}

  bool ok() const { return expected_ == nullptr; }
  // What the failed step wanted: "a decimal number", or a literal in quotes.
  std::string expected() const {
    if (!expected_) return "another field";
    return literal_ ? '\'' + std::string(expected_) + '\'' : expected_;
  }
  uint32_t column() const { return static_cast<uint32_t>(at_ - begin_) + 1; }
  bool at_end() const { return at_ == end_; }
  std::string_view rest() const { return {at_, static_cast<size_t>(end_ - at_)}; }
  void skip(size_t n) { at_ += n; }

  bool fail(const char* expected) {
    if (ok()) expected_ = expected;
    return false;
  }

  // Fails where it stands with what `other` wanted.
  bool fail_like(const Cursor& other) {
    if (ok()) literal_ = other.literal_;
    return fail(other.expected_);
  }

  // Consumes `text`, which must be a literal: the message for its absence is the text itself.
  template <size_t N>
  bool literal(const char (&text)[N]) {
    if (accept(text)) return true;
    if (ok()) literal_ = true;
    return fail(text);
  }

  // Consumes `text` if it comes next.
  template <size_t N>
  bool accept(const char (&text)[N]) {
    constexpr size_t n = N - 1;
    if (!ok() || static_cast<size_t>(end_ - at_) < n || std::memcmp(at_, text, n) != 0)
      return false;
    at_ += n;
    return true;
  }

  // Lower- or upper-case hexadecimal digits without a prefix, at most 64 bits of them.
  bool hex_digits(uint64_t& value) {
    if (!ok()) return false;
    const char* p = at_;
    uint64_t v = 0;
    while (end_ - p >= 8) {
      const HexWord word = hex_word(load_le<uint64_t>(p));
      if (word.digits == 0 || v >> (64 - 4 * word.digits)) break;
      v = v << 4 * word.digits | word.value;
      p += word.digits;
      if (word.digits < 8) break;
    }
    // The end of the line, and upper case: QEMU and strace print neither in a long number.
    for (; p != end_; ++p) {
      const uint8_t digit = hex_value[static_cast<uint8_t>(*p)];
      if (digit > 15) break;
      if (v >> 60) return fail("a number of at most 64 bits");
      v = v << 4 | digit;
    }
    if (p == at_) return fail("a hexadecimal number");
    at_ = p;
    value = v;
    return true;
  }

  bool decimal(uint64_t& value) {
    if (!ok()) return false;
    const char* p = at_;
    uint64_t v = 0;
    for (; p != end_ && *p >= '0' && *p <= '9'; ++p) {
      const uint64_t digit = static_cast<uint64_t>(*p - '0');
      // Nineteen digits always fit; asking only then keeps a division out of the loop.
      if (p - at_ >= 19 && v > (UINT64_MAX - digit) / 10) {
        return fail("a number of at most 64 bits");
      }
      v = v * 10 + digit;
    }
    if (p == at_) return fail("a decimal number");
    at_ = p;
    value = v;
    return true;
  }

  // "0x..." hexadecimal, or decimal without the prefix.
  bool number(uint64_t& value) { return accept("0x") ? hex_digits(value) : decimal(value); }

  // A decimal with an optional minus sign, within 32 bits.
  bool signed32(int32_t& value) {
    const bool negative = accept("-");
    const char* start = at_;
    uint64_t v = 0;
    if (!decimal(v)) return false;
    if (v > (negative ? 0x80000000u : 0x7fffffffu)) {
      at_ = start;
      return fail("a number of at most 32 bits");
    }
    value = static_cast<int32_t>(negative ? -static_cast<int64_t>(v) : static_cast<int64_t>(v));
    return true;
  }

  // A value of at most `Bits` bits read by `read` (hex_digits, decimal or number).
  template <class T>
  bool bounded(bool (Cursor::*read)(uint64_t&), T& value) {
    const char* start = at_;
    uint64_t v = 0;
    if (!(this->*read)(v)) return false;
    if (v > static_cast<T>(-1)) {
      at_ = start;
      return fail(sizeof(T) == 1   ? "a number of at most 8 bits"
                  : sizeof(T) == 2 ? "a number of at most 16 bits"
                                   : "a number of at most 32 bits");
    }
    value = static_cast<T>(v);
    return true;
  }

 private:
  const char* begin_;
  const char* at_;
  const char* end_;
  const char* expected_ = nullptr;
  bool literal_ = false;  // expected_ is the very text that was wanted
};

}  // namespace slotscope
