// Where the path of an output leads: to a file that can be replaced, or to what can only be written
// into as it stands.
#pragma once

#include <string>

#include "analyzer/base/result.h"

namespace slotscope {

struct OutputPlace {
  enum class Kind : uint8_t {
    file,        // a regular file, or nothing yet
    descriptor,  // one that this process was given: "-", /dev/stdout, /proc/self/fd/3
    special,     // a FIFO, a device, a socket, a file that has no name any more
  };
  Kind kind = Kind::file;
  std::string path = {};  // of a file: symbolic links followed, so that they outlive a replacement
  int descriptor = -1;
};

Result<OutputPlace> find_output_place(const std::string& path);

// "can't write: No space left on device", with what to do about it.
Diagnostic output_failure(const std::string& path, const char* what, int error);

// "some/folder" of "some/folder/file"; "." of "file".
std::string folder_of(const std::string& path);

}  // namespace slotscope
