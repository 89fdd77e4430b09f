#include "probes/dwarf_expression.h"

#include <dwarf.h>

#include <array>

namespace slotscope {
namespace {

class Machine {
 public:
  explicit Machine(const ExpressionInput& input) : input_(input) {}

  bool run(const Dwarf_Op& op) {
    if (op.atom >= DW_OP_lit0 && op.atom <= DW_OP_lit31) return push(op.atom - DW_OP_lit0);
    if (op.atom >= DW_OP_breg0 && op.atom <= DW_OP_breg31) {
      return push_register(op.atom - DW_OP_breg0, op.number);
    }
    switch (op.atom) {
      case DW_OP_bregx:
        return push_register(op.number, op.number2);
      case DW_OP_call_frame_cfa:
        return input_.cfa && push(*input_.cfa);
      case DW_OP_addr:
      case DW_OP_const1u:
      case DW_OP_const1s:
      case DW_OP_const2u:
      case DW_OP_const2s:
      case DW_OP_const4u:
      case DW_OP_const4s:
      case DW_OP_const8u:
      case DW_OP_const8s:
      case DW_OP_constu:
      case DW_OP_consts:
        return push(op.number);
      case DW_OP_deref:
        return dereference();
      case DW_OP_plus_uconst:
        return push(pop() + op.number);
      case DW_OP_nop:
      case DW_OP_stack_value:
        return true;
      default:
        return binary(op.atom);
    }
  }

  std::optional<uint64_t> result() {
    const uint64_t top = pop();
    return underflow_ ? std::nullopt : std::optional(top);
  }

 private:
  bool push(uint64_t value) {
    if (underflow_ || depth_ == stack_.size()) return false;
    stack_[depth_++] = value;
    return true;
  }

  uint64_t pop() {
    if (depth_ > 0) return stack_[--depth_];
    underflow_ = true;
    return 0;
  }

  bool push_register(uint64_t number, uint64_t offset) {
    return number < Registers::count && push(input_.registers[number] + offset);
  }

  bool dereference() {
    const std::optional<uint64_t> value = input_.sample.read(pop());
    return value && push(*value);
  }

  bool binary(uint8_t atom) {
    const uint64_t b = pop(), a = pop();
    const auto signed_a = static_cast<int64_t>(a), signed_b = static_cast<int64_t>(b);
    switch (atom) {
      case DW_OP_plus:
        return push(a + b);
      case DW_OP_minus:
        return push(a - b);
      case DW_OP_and:
        return push(a & b);
      case DW_OP_or:
        return push(a | b);
      case DW_OP_shl:
        return push(b < 64 ? a << b : 0);
      case DW_OP_shr:
        return push(b < 64 ? a >> b : 0);
      case DW_OP_ge:
        return push(signed_a >= signed_b);
      case DW_OP_gt:
        return push(signed_a > signed_b);
      case DW_OP_le:
        return push(signed_a <= signed_b);
      case DW_OP_lt:
        return push(signed_a < signed_b);
      case DW_OP_eq:
        return push(a == b);
      case DW_OP_ne:
        return push(a != b);
      default:
        return false;
    }
  }

  const ExpressionInput& input_;
  std::array<uint64_t, 16> stack_{};
  size_t depth_ = 0;
  bool underflow_ = false;
};

}  // namespace

std::optional<uint64_t> evaluate(std::span<const Dwarf_Op> expression,
                                 const ExpressionInput& input) {
  Machine machine(input);
  for (const Dwarf_Op& op : expression) {
    if (!machine.run(op)) return std::nullopt;
  }
  return machine.result();
}

}  // namespace slotscope
