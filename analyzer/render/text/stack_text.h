// The functions that led to a call, for people.
#pragma once

#include <string>
#include <vector>

#include "analyzer/event/stack_table.h"

namespace slotscope {

// "#1  kvm_vm_ioctl+0x62 (qemu-system-x86_64)", innermost first, and a last line where the stack is
// not complete. A function whose name is not known goes by where it begins in its file:
// "[qemu-system-x86_64+0x7f5a80]+0xb9".
std::vector<std::string> stack_lines(const StackTable& table, StackId id);

}  // namespace slotscope
