// Files that the kernel makes up while they are read, as those under /proc.
#pragma once

#include <string>

namespace slotscope {

// The whole file; empty when it can't be opened or read to its end, as when its process goes
// meanwhile (ESRCH), which std::ifstream's iterators answer with an exception.
std::string read_small_file(const std::string& path);

}  // namespace slotscope
