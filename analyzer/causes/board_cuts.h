// What the registers of i440FX and q35 cut out of a PC's RAM: PAM, SMRAM, SMBASE and TSEG.
#pragma once

#include <span>

#include "analyzer/causes/commit_features.h"
#include "analyzer/commits/commit_effect.h"

namespace slotscope {

// What these registers open and close (hw/pci-host, QEMU 5.2 to 11).
inline constexpr GpaRange pam_area{{0xc0000}, {0x100000}};
inline constexpr GpaRange smram_area{{0xa0000}, {0xc0000}};
inline constexpr GpaRange smbase_area{{0x30000}, {0x50000}};
inline constexpr Gpa four_gib{uint64_t{1} << 32};

// One side of what happened to low RAM and to the PAM area in an address space.
struct RamSide {
  Bytes smram, smbase;    // of low RAM
  Gpa ram_end;            // the highest; 0 without low RAM
  uint64_t cuts = 0;      // pages of the PAM area at which a slot begins or the one before ends
  uint64_t readonly = 0;  // those at which a READONLY slot begins

  // `changes` by gpa; is_low_ram(slot) answers for each.
  template <class IsLowRam>
  static RamSide of(std::span<const Side> changes, IsLowRam is_low_ram) {
    RamSide side;
    for (const Side& change : changes) {
      if (change.slot.gpa >= four_gib) break;
      side.add(change.slot, is_low_ram(change.slot));
    }
    return side;
  }

 private:
  void add(const Slot& slot, bool low_ram);
};

// The features that both sides show; `ram_top` is the end of low RAM.
Features board_cuts(const RamSide& before, const RamSide& after, Gpa ram_top);

}  // namespace slotscope
