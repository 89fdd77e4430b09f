// Computes the DWARF expressions that call frame information uses on x86-64: those of PLT entries
// and of signal frames.
#pragma once

#include <elfutils/libdw.h>

#include <optional>
#include <span>

#include "probes/stack_sample.h"

namespace slotscope {

struct ExpressionInput {
  const StackSample& sample;
  const Registers& registers;
  std::optional<uint64_t> cfa;
};

// Nothing when it needs memory that is not there, or an operation that no frame uses.
std::optional<uint64_t> evaluate(std::span<const Dwarf_Op> expression,
                                 const ExpressionInput& input);

}  // namespace slotscope
