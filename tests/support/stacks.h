// Stack tables for tests.
#pragma once

#include <memory>
#include <string>

#include "analyzer/event/event.h"
#include "analyzer/event/stack_table.h"

namespace slotscope::test {

// Stack 1: kvm_vm_ioctl <- an unnamed function <- code of no file. Stack 2: as 1, without its
// innermost frame and cut off. Stack 9: no frame at all.
inline std::shared_ptr<StackTable> sample_stacks() {
  using Anchor = StackFrame::Anchor;
  auto table = std::make_shared<StackTable>();
  table->define(ModuleId{1}, {"/usr/bin/qemu-system-x86_64", "d9541fd67c4e"});
  table->define(ModuleId{7}, {"/opt/\xff\x1b[31m\n", ""});
  table->define(FrameId{1},
                {ModuleId{1}, CodeAddress{0x7f36c1}, Bytes{97}, Anchor::symbol, "kvm_vm_ioctl"});
  table->define(FrameId{2},
                {ModuleId{7}, CodeAddress{0x7f5b38}, Bytes{0xb8}, Anchor::function_start, ""});
  table->define(FrameId{0xffffffff},
                {ModuleId{}, CodeAddress{~uint64_t{0}}, Bytes{}, Anchor::module_start, ""});
  table->define(FrameId{4}, {ModuleId{2}, CodeAddress{}, Bytes{~uint64_t{0}}, Anchor::symbol,
                             "\x80 not UTF-8 \x1b]0;owned\a"});
  table->define(StackId{1}, {{FrameId{1}, FrameId{2}, FrameId{0xffffffff}}, Stack::End::outermost});
  table->define(StackId{2}, {{FrameId{2}, FrameId{4}}, Stack::End::copy_ended});
  table->define(StackId{9}, {{}, Stack::End::no_unwind_info});
  return table;
}

inline Call call_with_stack(uint32_t stack) {
  Call call;
  call.size = Bytes{0x1000};
  call.stack = StackId{stack};
  return call;
}

}  // namespace slotscope::test
