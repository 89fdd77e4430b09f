// Why a commit happened.
#pragma once

#include <cstdint>
#include <optional>

#include "analyzer/base/units.h"
#include "analyzer/event/annotation.h"

namespace slotscope {

enum class CauseKind : uint8_t {
  unknown,
  board_init,
  listener_registration,
  pam,
  smram,
  tseg,
  option_rom_shadow,
  legacy_vga,
  bar,
  expansion_rom,
  flash_mode,
  dirty_logging,
  hotplug,
  reset,
};

enum class Confidence : uint8_t {
  low,     // the signature fits, and others are as likely
  medium,  // the signature fits, and nothing else is known to make it
  high,    // the VMM said so, or nothing else can make it
};

struct CauseRule;  // cause_rules.h

struct Cause {
  const CauseRule* rule = nullptr;
  // Of a BAR, an expansion ROM or flash: its lowest slot in the commit.
  std::optional<Gpa> at;
  Bytes size;
  bool display = false;      // the slot logs dirty pages while RAM does not: display memory does
  std::optional<Note> said;  // what the VMM said, when that decided
  bool from_stack = false;   // a function in the stack of its first call decided
  bool any_vmm = false;      // nothing had shown yet that the VMM is QEMU
};

}  // namespace slotscope
