// The name of a file that is not to outlive its maker: it is removed with this object, and by a
// signal that ends the process. Only SIGKILL and a crash leave it behind.
#pragma once

#include <string>

namespace slotscope {

class TemporaryName {
 public:
  TemporaryName() = default;
  explicit TemporaryName(std::string path);
  TemporaryName(TemporaryName&& other) noexcept;
  TemporaryName& operator=(TemporaryName&& other) noexcept;
  ~TemporaryName();

  const std::string& path() const { return path_; }
  // From here on the name stays, whatever happens; answers it.
  std::string release();

 private:
  std::string path_;
};

// From before a temporary file is made until its name is a TemporaryName: a signal that ends the
// process ends it then, and the file is not left behind. One at a time.
class MakingOfFile {
 public:
  MakingOfFile();
  ~MakingOfFile();
  MakingOfFile(const MakingOfFile&) = delete;
  MakingOfFile& operator=(const MakingOfFile&) = delete;
};

// Removes all such files now, for a process that ends without destroying anything. Allocates
// nothing, and may be called in a signal handler.
void remove_temporary_files();

}  // namespace slotscope
