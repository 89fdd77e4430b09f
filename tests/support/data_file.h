// Files of tests/data.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/catch.h"

namespace slotscope::test {

inline std::string data_path(const std::string& name) {
  const char* root = std::getenv("SLOTSCOPE_SOURCE_ROOT");
  REQUIRE(root != nullptr);
  return std::string(root) + "/tests/data/" + name;
}

inline std::string data_bytes(const std::string& name) {
  std::ifstream file(data_path(name), std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace slotscope::test
