#include "probes/unwinder.h"

namespace slotscope {
namespace {

constexpr size_t most_frames = 256;

Stack::End end_of(UnwindRule::Step step) {
  switch (step) {
    case UnwindRule::Step::no_memory:
      return Stack::End::copy_ended;
    case UnwindRule::Step::broken:
      return Stack::End::no_unwind_info;
    default:
      return Stack::End::outermost;
  }
}

}  // namespace

UnwoundStack unwind(const StackSample& sample, CodeSpace& code) {
  UnwoundStack stack;
  Registers registers = sample.registers;
  bool is_return = false;
  while (stack.frames.size() < most_frames) {
    const uint64_t address = registers[Registers::rip];
    // A call may be a function's last instruction: then its return address is the next function's.
    const CodePlace inside = code.find(address - is_return);
    CodePlace place = inside;
    place.address = inside.module ? inside.address + is_return : address;
    stack.frames.push_back({place, is_return});
    const UnwindRule* rule = inside.module ? inside.module->rule_at(inside.address) : nullptr;
    if (!rule) {
      stack.end = Stack::End::no_unwind_info;
      stack.unread = inside.unread;
      return stack;
    }
    is_return = !rule->is_signal_frame();
    const UnwindRule::Step step = rule->apply(sample, registers);
    if (step != UnwindRule::Step::caller) {
      stack.end = end_of(step);
      return stack;
    }
  }
  stack.end = Stack::End::too_many_frames;
  return stack;
}

}  // namespace slotscope
