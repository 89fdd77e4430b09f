// The values of one line of JSON Lines, as the types that they stand for.
#pragma once

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/units.h"
#include "analyzer/event/annotation.h"
#include "analyzer/event/words.h"
#include "analyzer/format/cursor.h"
#include "analyzer/format/tables/flat_json.h"

namespace slotscope {

// Takes typed values out of one line (event_fields.h). A key that is not there leaves the value
// alone; after the first value that is not what it should be the cursor has failed, at its key.
class JsonFieldReader {
  using Member = FlatJson::Member;
  using Kind = Member::Kind;

 public:
  JsonFieldReader(const FlatJson& json, std::string_view line, Cursor& cursor)
      : json_(json), line_(line), cursor_(cursor) {}

  bool has(const char* key) const { return json_.find(key) != nullptr; }

  std::string_view text(const char* key) {
    const Member* member = json_.find(key);
    if (!member) return {};
    if (member->kind != Kind::text) fail(key, "a string");
    return member->text;
  }

  void require(const char* key, const char* expected) {
    if (!has(key)) cursor_.fail(expected);
  }

  template <class T>
  void number(const char* key, T& value) {
    const Member* member = json_.find(key);
    if (!member) return;
    const bool negative = member->kind == Kind::negative;
    if (!negative && member->kind != Kind::number) return fail(key, "a whole number");
    const bool fits =
        negative ? std::is_signed_v<T> && static_cast<int64_t>(member->number) >=
                                              static_cast<int64_t>(std::numeric_limits<T>::min())
                 : member->number <= static_cast<uint64_t>(std::numeric_limits<T>::max());
    if (!fits) return fail(key, "a number that fits its field");
    value = static_cast<T>(member->number);
  }

  template <class Tag, class Rep>
  void number(const char* key, Quantity<Tag, Rep>& quantity) {
    number(key, quantity.value);
  }

  // What is not written because it is `value` already.
  template <class T>
  void number_unless(const char* key, T& number, T) {
    this->number(key, number);
  }

  void time(const char* key, std::optional<Nanos>& time) {
    if (!has(key)) return;
    time.emplace();
    number(key, *time);
  }

  void count(const char* key, std::optional<uint64_t>& count) {
    if (!has(key)) return;
    count.emplace();
    number(key, *count);
  }

  template <class T>
  void hex(const char* key, T& value) {
    const Member* member = json_.find(key);
    if (member && (member->kind != Kind::text || !read_hex(member->text, value))) {
      fail(key, "a string \"0x...\" that fits its field");
    }
  }

  template <class Tag, class Rep>
  void hex(const char* key, Quantity<Tag, Rep>& quantity) {
    hex(key, quantity.value);
  }

  template <class E>
  void word(const char* key, E& value) {
    const Member* member = json_.find(key);
    if (member && (member->kind != Kind::text || !read_word(member->text, value))) {
      fail(key, "one of the words of this key");
    }
  }

  void flags(const char* key, uint32_t& flags) {
    const Member* member = json_.find(key);
    if (!member) return;
    if (member->kind != Kind::list || !member->numbers.empty()) {
      return fail(key, "a list of flags");
    }
    for (const std::string& flag : member->list) {
      uint32_t bits = 0;
      if (!read_flag(flag, bits) && !read_hex(flag, bits)) return fail(key, "a list of flags");
      flags |= bits;
    }
  }

  // Of `key`, or of `key`_hex, where text stands that is not UTF-8.
  void bytes(const std::string& key, std::string& bytes) {
    const std::string hex_key = key + "_hex";
    const std::string_view digits = text(hex_key.c_str());
    bytes = digits.empty() ? text(key.c_str()) : std::string_view();
    for (size_t i = 0; i < digits.size(); i += 2) {
      uint8_t byte = 0;
      Cursor cursor(digits.substr(i, 2));
      if (!cursor.bounded(&Cursor::hex_digits, byte) || cursor.column() != 3) {
        return fail(hex_key.c_str(), "pairs of hexadecimal digits");
      }
      bytes += static_cast<char>(byte);
    }
  }
  void bytes_unless_empty(const std::string& key, std::string& bytes) { this->bytes(key, bytes); }

  void device(DeviceName& device, PciFunction& at) {
    std::string name;
    bytes("device", name);
    device = DeviceName(name);
    function(at);
  }

  // "zap_ns" and "zap_times": what was not measured is not there.
  void phase(Phase phase, CallPhases::One& one) {
    const std::string word(word_of(phase));
    std::optional<Nanos> time;
    this->time((word + "_ns").c_str(), time);
    number((word + "_times").c_str(), one.times);
    one.measured = time.has_value();
    one.time = time.value_or(Nanos{0});
  }

  template <class Id>
  void ids(const char* key, std::vector<Id>& ids) {
    const Member* member = json_.find(key);
    if (!member) return;
    if (member->kind != Kind::list || !member->list.empty()) return fail(key, "a list of numbers");
    for (const uint64_t number : member->numbers) {
      if (number > std::numeric_limits<typename Id::rep>::max()) {
        return fail(key, "numbers that fit their field");
      }
      ids.push_back(Id{static_cast<typename Id::rep>(number)});
    }
  }

  void fail(const char* key, const char* expected) {
    const size_t at = line_.find(fmt::format("\"{}\"", key));
    if (cursor_.ok() && at != std::string_view::npos) cursor_.skip(at);
    cursor_.fail(expected);
  }

 private:
  template <class T>
  static bool read_hex(std::string_view text, T& value) {
    Cursor cursor(text);
    return cursor.literal("0x") && cursor.bounded(&Cursor::hex_digits, value) && cursor.at_end();
  }

  void function(PciFunction& at) {
    if (!has("function")) return;
    Cursor cursor(text("function"));
    const auto part = [&](uint8_t& value) { return cursor.bounded(&Cursor::hex_digits, value); };
    if (!part(at.bus) || !cursor.literal(":") || !part(at.device) || !cursor.literal(".") ||
        !part(at.function) || !cursor.at_end()) {
      fail("function", "a PCI function such as \"00:1f.2\"");
    }
  }

  const FlatJson& json_;
  std::string_view line_;
  Cursor& cursor_;
};

}  // namespace slotscope
