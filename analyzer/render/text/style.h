// What a terminal shows and a pipe does not get: emphasis, and lines as wide as its own.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace slotscope {

struct Style {
  bool color = false;
  size_t width = 100;  // columns that text may fill; tables of numbers may need more

  std::string bold(std::string_view text) const { return wrap("1", text); }
  std::string dim(std::string_view text) const { return wrap("2", text); }
  std::string warn(std::string_view text) const { return wrap("33", text); }
  std::string error(std::string_view text) const { return wrap("1;31", text); }

 private:
  std::string wrap(const char* code, std::string_view text) const {
    return color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
  }
};

}  // namespace slotscope
