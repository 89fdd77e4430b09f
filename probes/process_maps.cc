#include "probes/process_maps.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>

#include "analyzer/base/small_file.h"
#include "analyzer/base/unique_fd.h"

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

struct Line {
  CodeMapping mapping;
  bool executable = false;
};

// "55d8c0400000-55d8c0a00000 r-xp 00400000 fe:00 393 /usr/bin/vmm (deleted)"; a newline in the path
// stands as \012 (show_map_vma, fs/proc/task_mmu.c). Nothing of memory that is no file's.
std::optional<Line> parse_line(std::string_view line) {
  Line parsed;
  CodeMapping& mapping = parsed.mapping;
  std::string_view end = take(line, ' ');
  const std::string_view begin = take(end, '-');
  const std::string_view permissions = take(line, ' '), offset = take(line, ' ');
  mapping.device = take(line, ' ');
  const std::string_view inode = take(line, ' ');
  constexpr size_t executable = 2;
  if (permissions.size() <= executable || !read_number(begin, 16, mapping.begin) ||
      !read_number(end, 16, mapping.end) || !read_number(offset, 16, mapping.offset) ||
      !read_number(inode, 10, mapping.inode) || mapping.inode == 0) {
    return std::nullopt;
  }
  parsed.executable = permissions[executable] == 'x';
  mapping.path = line;
  mapping.strip_deleted();
  return parsed;
}

std::string read_maps(std::string_view process) {
  return read_small_file(fmt::format("/proc/{}/maps", process));
}

}  // namespace

void CodeMapping::strip_deleted() {
  constexpr std::string_view mark = " (deleted)";
  deleted = path.ends_with(mark);
  if (deleted) path.resize(path.size() - mark.size());
}

std::vector<CodeMapping> parse_code_mappings(std::string_view maps) {
  std::vector<CodeMapping> mappings;
  while (!maps.empty()) {
    std::optional<Line> line = parse_line(take(maps, '\n'));
    if (line && line->executable) mappings.push_back(std::move(line->mapping));
  }
  return mappings;
}

std::vector<CodeMapping> read_code_mappings(Pid pid) {
  return parse_code_mappings(read_maps(std::to_string(pid.value)));
}

std::optional<CodeMapping> map_here(int file) {
  void* at = mmap(nullptr, 1, PROT_READ, MAP_PRIVATE, file, 0);
  if (at == MAP_FAILED) return std::nullopt;
  const std::string text = read_maps("self");
  munmap(at, 1);
  for (std::string_view maps = text; !maps.empty();) {
    std::optional<Line> line = parse_line(take(maps, '\n'));
    // Neighbours of one file may have been merged into one mapping.
    const auto address = reinterpret_cast<uint64_t>(at);
    if (line && line->mapping.begin <= address && address < line->mapping.end) {
      return std::move(line->mapping);
    }
  }
  return std::nullopt;
}

// The file stays until the process has been waited for, and is empty from exit_mm() on.
bool is_gone(Pid pid) {
  const UniqueFd file(open(fmt::format("/proc/{}/maps", pid.value).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return errno == ENOENT || errno == ESRCH;
  char first;
  const ssize_t size = read(file.get(), &first, sizeof first);
  return size == 0 || (size < 0 && errno == ESRCH);
}

}  // namespace slotscope
