// The code that a process has mapped, as /proc/PID/maps tells it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/units.h"

namespace slotscope {

struct CodeMapping {
  uint64_t begin = 0, end = 0;  // addresses in the process
  uint64_t offset = 0;          // of the first byte in the file
  std::string device;           // with the inode, the file's identity
  uint64_t inode = 0;
  std::string path;
  bool deleted = false;  // the path leads to another file now, or to none

  // Takes what the kernel appends to the path of such a file off it, and remembers that.
  void strip_deleted();
};

// Files mapped executable, by address. Lines that are none are left out.
std::vector<CodeMapping> parse_code_mappings(std::string_view maps);

// Empty when the process is gone.
std::vector<CodeMapping> read_code_mappings(Pid pid);

// How the kernel shows a mapping of this file; nothing where it can't be mapped.
std::optional<CodeMapping> map_here(int file);

// The process has no memory any more: it has ended, or is about to.
bool is_gone(Pid pid);

}  // namespace slotscope
