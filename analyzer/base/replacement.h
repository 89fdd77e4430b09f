// A file that takes the place of another when it is complete. Until then the other is untouched,
// and so are its readers.
#pragma once

#include <string>

#include "analyzer/base/result.h"
#include "analyzer/base/temporary_name.h"
#include "analyzer/base/unique_fd.h"

namespace slotscope {

class Replacement {
 public:
  enum class Access : uint8_t {
    as_before,   // of the file that is replaced; a new one has what the umask leaves
    owner_only,  // 0600, as perf.data: what it holds tells where things lie in other programs
  };

  // `path` is that of a file (OutputPlace); it need not exist. The replacement is made in its
  // folder, as PATH.slotscope-PID.tmp.
  static Result<Replacement> create(const std::string& path, Access access);

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }

  // Before commit() the file is at `path`.partial, also when this process is killed: what a capture
  // has seen is not to be had again. An older .partial file that nobody writes any more keeps its
  // content under a name of its own, which is answered; empty when there was none.
  Result<std::string> publish_partial();
  // Where it is now: the .partial file after publish_partial().
  const std::string& place() const { return kept_.empty() ? temporary_.path() : kept_; }
  // Nothing worth keeping came.
  void discard();

  // Puts the file in its place, on the disk: after a crash the old or the new one is there.
  Status commit();

 private:
  Replacement(std::string path, UniqueFd fd, TemporaryName temporary)
      : path_(std::move(path)), fd_(std::move(fd)), temporary_(std::move(temporary)) {}

  std::string path_;
  UniqueFd fd_;
  TemporaryName temporary_;
  std::string kept_;
};

}  // namespace slotscope
