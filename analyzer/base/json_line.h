// One line of JSON, written member after member into a string. A tree for each of millions of
// lines costs ten times as much; documents that are made once use one (nlohmann/json).
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "analyzer/base/units.h"

namespace slotscope {

class JsonLine {
 public:
  // Appends to `out`, and nobody else does until the line is done. Keys are words of ours, which
  // need no escape.
  explicit JsonLine(std::string& out) : out_(out) { out_ += '{'; }

  // Closes the object.
  void end() { out_ += '}'; }

  template <std::integral T>
  void number(std::string_view name, T value) {
    key(name);
    digits(value, 10);
  }
  template <class Tag, class Rep>
  void number(std::string_view name, Quantity<Tag, Rep> quantity) {
    number(name, quantity.value);
  }
  // "0xfd000000"
  void hex(std::string_view name, uint64_t value) {
    key(name);
    hex_item(value);
  }
  void boolean(std::string_view name, bool value) {
    key(name);
    out_ += value ? "true" : "false";
  }
  void null(std::string_view name) {
    key(name);
    out_ += "null";
  }
  // A word of ours, which needs no escape.
  void word(std::string_view name, std::string_view word) {
    key(name);
    word_item(word);
  }
  // Whatever a trace says.
  void text(std::string_view name, std::string_view text);
  // A value that is JSON already.
  void json(std::string_view name, std::string_view value) {
    key(name);
    out_ += value;
  }

  void open(std::string_view name) {
    key(name);
    out_ += '{';
  }
  void close() { out_ += '}'; }

  void open_list(std::string_view name) {
    key(name);
    out_ += '[';
  }
  void close_list() { out_ += ']'; }
  template <std::integral T>
  void number_item(T value) {
    separate();
    digits(value, 10);
  }
  void hex_item(uint64_t value) {
    separate();
    out_ += "\"0x";
    digits(value, 16);
    out_ += '"';
  }
  void word_item(std::string_view word) {
    separate();
    out_ += '"';
    out_ += word;
    out_ += '"';
  }
  void open_item() {
    separate();
    out_ += '{';
  }
  void json_item(std::string_view value) {
    separate();
    out_ += value;
  }

 private:
  void key(std::string_view name) {
    separate();
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }
  // A comma after a value; none after what opens a list or an object, or after a key.
  void separate() {
    const char last = out_.back();
    if (last != '{' && last != '[' && last != ':') out_ += ',';
  }
  template <std::integral T>
  void digits(T value, int base) {
    char text[24];
    out_.append(text, std::to_chars(text, std::end(text), value, base).ptr);
  }

  std::string& out_;
};

}  // namespace slotscope
