// What went wrong, where, and what the user can do about it. Libraries return it; only main prints
// it and picks the exit status.
#pragma once

#include <cstdint>
#include <string>

namespace slotscope {

enum class Fault : uint8_t {
  usage,        // exit 2: the command line asks for something that can't be
  bad_input,    // exit 2: a trace or a file is not what it claims to be
  environment,  // exit 3: the machine lacks something (no permission, no /dev/kvm, disk full)
};

struct Diagnostic {
  Fault fault = Fault::bad_input;
  std::string place = {};    // "FILE", "FILE:LINE:COLUMN" or empty
  std::string message = {};  // one line, no full stop
  std::string advice = {};   // one line, empty when there is nothing to do
  std::string excerpt = {};  // the offending text, control characters escaped
  uint32_t caret = 0;        // column in the excerpt, from 1; 0: no caret
};

}  // namespace slotscope
