// From registers and a piece of stack to the functions that were active.
#pragma once

#include <vector>

#include "probes/code_space.h"
#include "probes/stack_sample.h"

namespace slotscope {

struct UnwoundStack {
  struct Frame {
    CodePlace place;
    bool is_return = false;  // else the address is that of the next instruction
  };
  std::vector<Frame> frames;  // innermost first
  Stack::End end = Stack::End::outermost;
  bool unread = false;  // it ends where the process's code could not be looked at
};

UnwoundStack unwind(const StackSample& sample, CodeSpace& code);

}  // namespace slotscope
