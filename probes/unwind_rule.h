// How a function's caller is found from one of its instructions: a row of the call frame
// information
// (.eh_frame), taken out of libdw once for each address and then followed for each stack. A stack
// of twenty frames takes a microsecond that way, where libdwfl's own walk takes a hundred.
#pragma once

#include <elfutils/libdw.h>

#include <array>
#include <optional>
#include <vector>

#include "probes/stack_sample.h"

namespace slotscope {

class UnwindRule {
 public:
  // Nothing when the frame uses what x86-64 compilers don't emit.
  static std::optional<UnwindRule> from(Dwarf_Frame* frame);

  enum class Step : uint8_t {
    caller,     // the registers are now the caller's
    outermost,  // there is no caller
    no_memory,  // it is in memory that was not copied
    broken,     // the rule makes no sense here: damaged stack, or wrong unwind information
  };
  // Changes `registers` to what they were in the caller.
  Step apply(const StackSample& sample, Registers& registers) const;

  // A signal interrupted the caller: its address is that of the next instruction, not of a return.
  bool is_signal_frame() const { return signal_; }

 private:
  using Expression = std::vector<Dwarf_Op>;

  struct RegisterRule {
    enum class Kind : uint8_t { undefined, same, at_cfa, cfa_plus, location, value };
    Kind kind = Kind::undefined;
    int64_t offset = 0;     // from the CFA
    Expression expression;  // of a location or a value
  };

  static std::optional<RegisterRule> register_rule(Dwarf_Frame* frame, int number);
  std::optional<uint64_t> find_cfa(const StackSample& sample, const Registers& registers) const;

  // The canonical frame address: a register and an offset, unless there is an expression.
  size_t cfa_register_ = Registers::rsp;
  int64_t cfa_offset_ = 0;
  Expression cfa_expression_;
  std::array<RegisterRule, Registers::count> rules_;
  bool signal_ = false;
};

}  // namespace slotscope
