// Columns of text that line up: numbers to the right, words to the left.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace slotscope {

class Table {
 public:
  enum class Align : uint8_t { left, right };
  struct Column {
    std::string title;
    Align align = Align::right;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void row(std::vector<std::string> cells);
  void print(std::ostream& out, int indent) const;
  // Where a line would take more than `width` columns, its last cell goes on below itself.
  void print_within(size_t width, std::ostream& out, int indent) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace slotscope
