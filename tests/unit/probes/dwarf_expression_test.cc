#include "probes/dwarf_expression.h"

#include <dwarf.h>

#include <vector>

#include "tests/support/catch.h"

namespace slotscope {
namespace {

struct Op {
  uint8_t atom;
  uint64_t number = 0, number2 = 0;
};

TEST_CASE("expressions of call frame information") {
  const uint64_t memory[] = {0x1111, 0x2222};
  const StackSample sample{
      .pid = {},
      .registers = {{0, 0, 0, 0, 0, 0, 0, 0x8000, 0, 0, 0, 0, 0, 0, 0, 0, 0x40100b}},
      .memory = std::as_bytes(std::span(memory))};
  // The frame of a PLT entry, as every linker writes it: 8 or 16 above rsp, depending on whether
  // the push in its middle has run.
  const std::vector<Op> plt = {{DW_OP_breg7, 8}, {DW_OP_breg16, 0}, {DW_OP_lit0 + 15},
                               {DW_OP_and},      {DW_OP_lit0 + 11}, {DW_OP_ge},
                               {DW_OP_lit0 + 3}, {DW_OP_shl},       {DW_OP_plus}};
  struct Case {
    const char* what;
    std::vector<Op> ops;
    std::optional<uint64_t> result;
  };
  for (const Case& one :
       {Case{"a PLT entry", plt, 0x8010}, Case{"a register", {{DW_OP_bregx, 7, 16}}, 0x8010},
        Case{"memory", {{DW_OP_breg7, 8}, {DW_OP_deref}}, 0x2222},
        Case{"memory that was not copied", {{DW_OP_breg7, 9}, {DW_OP_deref}}, std::nullopt},
        Case{"memory below", {{DW_OP_breg7, ~uint64_t{0}}, {DW_OP_deref}}, std::nullopt},
        Case{"the frame", {{DW_OP_call_frame_cfa}, {DW_OP_plus_uconst, ~uint64_t{15}}}, 0x8ff0},
        Case{"a shift too far", {{DW_OP_lit0 + 1}, {DW_OP_const1u, 64}, {DW_OP_shl}}, 0},
        Case{"a comparison with a sign",
             {{DW_OP_consts, ~uint64_t{0}}, {DW_OP_lit0}, {DW_OP_lt}},
             1},
        Case{"nothing at all", {}, std::nullopt},
        Case{"too few values", {{DW_OP_lit0}, {DW_OP_plus}}, std::nullopt},
        Case{"too many values", std::vector<Op>(17, {DW_OP_lit0}), std::nullopt},
        Case{"a register that is none", {{DW_OP_bregx, 17, 0}}, std::nullopt},
        Case{"an operation of no frame", {{DW_OP_lit0}, {DW_OP_skip, 0}}, std::nullopt}}) {
    INFO(one.what);
    std::vector<Dwarf_Op> ops;
    for (const Op& op : one.ops) ops.push_back({op.atom, op.number, op.number2, 0});
    CHECK(evaluate(ops, {sample, sample.registers, 0x9000}) == one.result);
  }
}

}  // namespace
}  // namespace slotscope
