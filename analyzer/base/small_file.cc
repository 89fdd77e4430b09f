#include "analyzer/base/small_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "analyzer/base/unique_fd.h"

namespace slotscope {

std::string read_small_file(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return {};
  std::string text;
  char block[4096];
  while (true) {
    const ssize_t size = read(file.get(), block, sizeof block);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return {};
    if (size == 0) return text;
    text.append(block, static_cast<size_t>(size));
  }
}

}  // namespace slotscope
