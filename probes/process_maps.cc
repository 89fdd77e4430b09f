#include "probes/process_maps.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>

namespace slotscope {
namespace {

// Takes the text up to the next `separator`, and any number of it, off the front.
std::string_view take(std::string_view& line, char separator) {
  const size_t end = std::min(line.find(separator), line.size());
  const std::string_view field = line.substr(0, end);
  line.remove_prefix(std::min(line.find_first_not_of(separator, end), line.size()));
  return field;
}

bool read_number(std::string_view text, int base, uint64_t& number) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && stop == text.data() + text.size();
}

// "55d8c0400000-55d8c0a00000 r-xp 00400000 fe:00 393 /usr/bin/vmm (deleted)"; a newline in the path
// stands as \012 (show_map_vma, fs/proc/task_mmu.c).
std::optional<CodeMapping> parse_line(std::string_view line) {
  CodeMapping mapping;
  std::string_view end = take(line, ' ');
  const std::string_view begin = take(end, '-');
  const std::string_view permissions = take(line, ' '), offset = take(line, ' ');
  mapping.device = take(line, ' ');
  const std::string_view inode = take(line, ' ');
  constexpr size_t executable = 2;
  if (permissions.size() <= executable || permissions[executable] != 'x' ||
      !read_number(begin, 16, mapping.begin) || !read_number(end, 16, mapping.end) ||
      !read_number(offset, 16, mapping.offset) || !read_number(inode, 10, mapping.inode) ||
      mapping.inode == 0) {
    return std::nullopt;
  }
  constexpr std::string_view deleted = " (deleted)";
  mapping.deleted = line.ends_with(deleted);
  if (mapping.deleted) line.remove_suffix(deleted.size());
  mapping.path = line;
  return mapping;
}

}  // namespace

std::vector<CodeMapping> parse_code_mappings(std::string_view maps) {
  std::vector<CodeMapping> mappings;
  while (!maps.empty()) {
    if (std::optional<CodeMapping> mapping = parse_line(take(maps, '\n'))) {
      mappings.push_back(std::move(*mapping));
    }
  }
  return mappings;
}

std::vector<CodeMapping> read_code_mappings(Pid pid) {
  std::ifstream file(fmt::format("/proc/{}/maps", pid.value));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return parse_code_mappings(text);
}

}  // namespace slotscope
