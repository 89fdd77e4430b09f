#include "analyzer/render/text/table.h"

#include <fmt/ostream.h>

#include <algorithm>
#include <cstdint>

#include "analyzer/render/text/wrapped_text.h"

namespace slotscope {

void Table::row(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

void Table::print(std::ostream& out, int indent) const { print_within(SIZE_MAX, out, indent); }

void Table::print_within(size_t width, std::ostream& out, int indent) const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t widest = columns_[i].title.size();
    for (const auto& row : rows_) widest = std::max(widest, row[i].size());
    widths.push_back(widest);
  }
  const auto print_row = [&](auto cell_of) {
    std::string line(static_cast<size_t>(indent), ' ');
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) line += "  ";
      const std::string& cell = cell_of(i);
      if (i + 1 == columns_.size() && line.size() + cell.size() > width) {
        line += hanging_text(cell, line.size(), width);
        break;
      }
      const std::string fill(widths[i] - cell.size(), ' ');
      line += columns_[i].align == Align::left ? cell + fill : fill + cell;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  };
  print_row([&](size_t i) -> const std::string& { return columns_[i].title; });
  for (const auto& row : rows_) {
    print_row([&](size_t i) -> const std::string& { return row[i]; });
  }
}

}  // namespace slotscope
