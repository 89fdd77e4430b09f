// Reads one line of JSON Lines: an object of numbers, strings and lists of either. Anything deeper
// is refused, so a line never costs much more memory than it is long.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/format/cursor.h"

namespace slotscope {

class FlatJson {
 public:
  struct Member {
    enum class Kind : uint8_t { number, negative, text, list, other };
    std::string key;
    Kind kind = Kind::other;
    uint64_t number = 0;  // as two's complement when negative
    std::string text;
    std::vector<std::string> list;       // its strings
    std::vector<uint64_t> numbers = {};  // its numbers
  };

  // False when `line` is no such object; `cursor` then stands at the error.
  bool parse(std::string_view line, Cursor& cursor);

  const Member* find(std::string_view key) const;

 private:
  std::vector<Member> members_;
};

}  // namespace slotscope
