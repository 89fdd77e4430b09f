#include "probes/unwind_rule.h"

#include <dwarf.h>

#include "probes/dwarf_expression.h"

namespace slotscope {

// libdw's answers, as dwarf_frame_register in libdw.h defines them: no operations at all mean
// undefined when it points to our memory, and same value when it points nowhere.
std::optional<UnwindRule::RegisterRule> UnwindRule::register_rule(Dwarf_Frame* frame, int number) {
  using Kind = RegisterRule::Kind;
  Dwarf_Op memory[3];
  Dwarf_Op* ops = nullptr;
  size_t count = 0;
  if (dwarf_frame_register(frame, number, memory, &ops, &count) != 0) return std::nullopt;
  if (count == 0) return RegisterRule{ops ? Kind::undefined : Kind::same, 0, {}};
  const bool is_value = ops[count - 1].atom == DW_OP_stack_value;
  const size_t rest = count - is_value;
  if (ops[0].atom == DW_OP_call_frame_cfa && rest <= 2 &&
      (rest == 1 || ops[1].atom == DW_OP_plus_uconst)) {
    const int64_t offset = rest == 1 ? 0 : static_cast<int64_t>(ops[1].number);
    return RegisterRule{is_value ? Kind::cfa_plus : Kind::at_cfa, offset, {}};
  }
  return RegisterRule{is_value ? Kind::value : Kind::location, 0, {ops, ops + rest}};
}

std::optional<UnwindRule> UnwindRule::from(Dwarf_Frame* frame) {
  UnwindRule rule;
  rule.signal_ = false;
  Dwarf_Op* ops = nullptr;
  size_t count = 0;
  if (dwarf_frame_cfa(frame, &ops, &count) != 0 || count == 0) return std::nullopt;
  if (count == 1 && ops[0].atom == DW_OP_bregx && ops[0].number < Registers::count) {
    rule.cfa_register_ = ops[0].number;
    rule.cfa_offset_ = static_cast<int64_t>(ops[0].number2);
  } else {
    rule.cfa_expression_.assign(ops, ops + count);
  }
  for (size_t i = 0; i < Registers::count; ++i) {
    std::optional<RegisterRule> one = register_rule(frame, static_cast<int>(i));
    if (!one) return std::nullopt;
    rule.rules_[i] = std::move(*one);
  }
  bool signal = false;
  Dwarf_Addr begin, end;
  if (dwarf_frame_info(frame, &begin, &end, &signal) < 0) return std::nullopt;
  rule.signal_ = signal;
  return rule;
}

std::optional<uint64_t> UnwindRule::find_cfa(const StackSample& sample,
                                             const Registers& registers) const {
  if (!cfa_expression_.empty()) return evaluate(cfa_expression_, {sample, registers, std::nullopt});
  return registers[cfa_register_] + static_cast<uint64_t>(cfa_offset_);
}

UnwindRule::Step UnwindRule::apply(const StackSample& sample, Registers& registers) const {
  using Kind = RegisterRule::Kind;
  if (rules_[Registers::rip].kind == Kind::undefined) return Step::outermost;
  const std::optional<uint64_t> cfa = find_cfa(sample, registers);
  // A stack grows downwards; a signal may have been handled on another one.
  if (!cfa || (*cfa <= registers[Registers::rsp] && !signal_)) return Step::broken;
  Registers caller = registers;
  caller[Registers::rsp] = *cfa;
  for (size_t i = 0; i < Registers::count; ++i) {
    const RegisterRule& rule = rules_[i];
    const uint64_t at = *cfa + static_cast<uint64_t>(rule.offset);
    std::optional<uint64_t> value;
    switch (rule.kind) {
      case Kind::undefined:
      case Kind::same:
        continue;
      case Kind::at_cfa:
        value = sample.read(at);
        break;
      case Kind::cfa_plus:
        value = at;
        break;
      case Kind::location:
        value = evaluate(rule.expression, {sample, registers, cfa});
        if (value) value = sample.read(*value);
        break;
      case Kind::value:
        value = evaluate(rule.expression, {sample, registers, cfa});
        break;
    }
    if (!value) return Step::no_memory;
    caller[i] = *value;
  }
  registers = caller;
  return registers[Registers::rip] == 0 ? Step::outermost : Step::caller;
}

}  // namespace slotscope
