// The members of an event (event_fields.h), as they are written into a line of JSON Lines.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/escape.h"
#include "analyzer/base/json_line.h"
#include "analyzer/event/annotation.h"
#include "analyzer/event/words.h"

namespace slotscope {

class JsonFieldWriter {
 public:
  explicit JsonFieldWriter(JsonLine& line) : line_(line) {}

  void require(const char*, const char*) {}

  template <class T>
  void number(const char* key, T value) {
    line_.number(key, value);
  }
  template <class T>
  void number_unless(const char* key, T number, T value) {
    if (number != value) line_.number(key, number);
  }
  void time(const char* key, std::optional<Nanos> time) {
    if (time) line_.number(key, *time);
  }
  void hex(const char* key, uint64_t value) { line_.hex(key, value); }
  template <class Tag, class Rep>
  void hex(const char* key, Quantity<Tag, Rep> quantity) {
    line_.hex(key, quantity.value);
  }
  template <class E>
  void word(const char* key, E value) {
    line_.word(key, word_of(value));
  }

  void flags(const char* key, uint32_t flags) {
    line_.open_list(key);
    const uint32_t unknown = each_flag_word(flags, [&](auto word) { line_.word_item(word); });
    if (unknown) line_.hex_item(unknown);
    line_.close_list();
  }

  // Text that is not UTF-8 goes by its bytes.
  void bytes(const std::string& key, std::string_view bytes) {
    if (is_utf8(bytes)) return line_.text(key, bytes);
    std::string digits;
    for (const char c : bytes) digits += fmt::format("{:02x}", static_cast<unsigned char>(c));
    line_.word(key + "_hex", digits);
  }
  void bytes_unless_empty(const std::string& key, std::string_view bytes) {
    if (!bytes.empty()) this->bytes(key, bytes);
  }

  void device(const DeviceName& device, PciFunction at) {
    bytes("device", device.view());
    line_.word("function", fmt::format("{:02x}:{:02x}.{:x}", at.bus, at.device, at.function));
  }

  void phase(Phase phase, const CallPhases::One& one) {
    if (!one.measured) return;
    const std::string word(word_of(phase));
    line_.number(word + "_ns", one.time);
    line_.number(word + "_times", one.times);
  }

  template <class Id>
  void ids(const char* key, const std::vector<Id>& ids) {
    line_.open_list(key);
    for (const Id id : ids) line_.number_item(id.value);
    line_.close_list();
  }

 private:
  JsonLine& line_;
};

}  // namespace slotscope
