// The rules that name a commit's cause. They are data: a new one is a new line of a table.
#pragma once

#include <span>
#include <string_view>

#include "analyzer/causes/cause.h"
#include "analyzer/causes/commit_features.h"

namespace slotscope {

struct CauseRule {
  CauseKind cause;
  Confidence confidence;
  const char* name;      // "pam_boundaries": stable, for JSON and for tests
  const char* evidence;  // for people: "cuts RAM and ROM in 0xc0000-0xfffff at 16 KiB"
  // All, at least one (where there are any) and none of these.
  Features all_of = {}, any_of = {}, none_of = {};
};

// The first that fits decides; the last one fits everything.
std::span<const CauseRule> cause_rules();
const CauseRule& rule_for(Features features);

// A function of QEMU whose presence in a stack decides, where the features allow it: one that maps
// BARs maps expansion ROMs as well.
struct FunctionRule {
  std::string_view function;
  CauseRule rule;
};
std::span<const FunctionRule> function_rules();
// Whether a stack shows QEMU's memory API.
bool names_qemu(std::span<const std::string_view> functions);
// nullptr when none of the functions of a stack is known.
const CauseRule* rule_for(std::span<const std::string_view> functions, Features features);

// A register of a host bridge that changes the memory map.
struct BridgeRegister {
  std::string_view device;  // as pci_cfg_write names it
  uint32_t first, last;
  Features says;
};
std::span<const BridgeRegister> bridge_registers();

const char* cause_word(CauseKind cause);  // "board_init"
const char* confidence_word(Confidence confidence);

}  // namespace slotscope
