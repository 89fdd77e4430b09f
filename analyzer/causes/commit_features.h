// The facts that name a commit's cause: yes or no each, so that the rules can be data.
#pragma once

#include <cstdint>
#include <optional>

#include "analyzer/commits/open_commit.h"

namespace slotscope {

// A set of facts.
class Features {
 public:
  constexpr Features() = default;
  static constexpr Features numbered(unsigned number) { return Features(uint32_t{1} << number); }

  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool has(Features all) const { return (bits_ & all.bits_) == all.bits_; }
  constexpr bool any(Features some) const { return (bits_ & some.bits_) != 0; }

  friend constexpr Features operator|(Features a, Features b) {
    return Features(a.bits_ | b.bits_);
  }
  constexpr Features& operator|=(Features other) { return *this = *this | other; }

 private:
  explicit constexpr Features(uint32_t bits) : bits_(bits) {}
  uint32_t bits_ = 0;
};

namespace feature {
inline constexpr Features deletes = Features::numbered(0);
inline constexpr Features creates = Features::numbered(1);
inline constexpr Features log_flips = Features::numbered(2);
inline constexpr Features pam_cut =
    Features::numbered(3);  // RAM or ROM in 0xc0000-0xfffff, cut at 16 KiB
inline constexpr Features fine_cut =
    Features::numbered(4);  // the same, but only at finer boundaries
inline constexpr Features smram_window =
    Features::numbered(5);  // RAM at 0xa0000-0xbffff comes or goes
inline constexpr Features smbase_window =
    Features::numbered(6);  // RAM at 0x30000-0x4ffff comes or goes
inline constexpr Features low_ram_top =
    Features::numbered(7);  // low RAM ends elsewhere than before
inline constexpr Features ram_alias =
    Features::numbered(8);  // low RAM at another place: q35's 0xfeda0000
inline constexpr Features vga_window = Features::numbered(9);  // other memory in 0xa0000-0xbffff
inline constexpr Features flash = Features::numbered(10);      // in the last 16 MiB below 4 GiB
inline constexpr Features bar = Features::numbered(11);        // in a PCI window
inline constexpr Features rom_bar = Features::numbered(12);    // the same, READONLY
inline constexpr Features device_memory =
    Features::numbered(13);  // right above the memory of the board
inline constexpr Features smm_begins =
    Features::numbered(14);  // the first slots of address space 1
// Of the commit as a whole.
inline constexpr Features not_qemu =
    Features::numbered(15);  // nothing shows yet that the VMM is QEMU
inline constexpr Features before_guest =
    Features::numbered(16);  // nothing yet that only a running guest does
inline constexpr Features main_thread =
    Features::numbered(17);  // known to be the thread of the first call
inline constexpr Features other_thread = Features::numbered(18);  // known not to be it
inline constexpr Features late = Features::numbered(19);  // a while after the call before it
inline constexpr Features with_bars =
    Features::numbered(20);  // slots in a PCI window are in it as well
// What the VMM said just before.
inline constexpr Features said_pam = Features::numbered(21);
inline constexpr Features said_smram = Features::numbered(22);
inline constexpr Features said_tseg = Features::numbered(23);
inline constexpr Features said_bar = Features::numbered(24);
inline constexpr Features said_rom = Features::numbered(25);
inline constexpr Features said_dirty = Features::numbered(26);
inline constexpr Features said =
    said_pam | said_smram | said_tseg | said_bar | said_rom | said_dirty;
}  // namespace feature

// What one slot shows by its place.
enum class Place : uint8_t {
  low_memory,
  vga_window,
  ram_alias,
  device_memory,
  flash,
  bar,
  rom_bar
};

// The fact that a slot at this place is; none for low memory.
Features feature_of(Place place);

// Where a change happens: what happens in different regions can have different causes.
enum class Region : uint8_t {
  low_ram,
  vga_window,
  flash,
  pci,
  device_memory,
  log_flips,
  first_smm
};

// Remembers of a VM what the signatures need: where its RAM is, which thread is its main thread,
// and whether the guest runs.
class FeatureReader {
 public:
  // `qemu`: the VMM is known to be QEMU.
  explicit FeatureReader(bool qemu) : qemu_(qemu) {}

  // The features of a commit that had this effect; `vm` is the state after it.
  Features read(const CommitEffect& effect, const OpenCommit& commit, const VmState& vm);
  // Of a part of the commit that was read last.
  Features read_part(const CommitEffect& part) const;
  Region region_of(const Side& side) const;

  // The lowest slot of the commit that alone shows one of `places` (bar, rom_bar, flash, ...).
  const Slot* subject(const CommitEffect& effect, Features places) const;
  // A slot that logs dirty pages while RAM does not: display memory does so by itself.
  bool is_display(const Slot& slot) const;

  // The guest was seen running.
  void guest_runs() { guest_runs_ = true; }
  // Only QEMU does what was seen.
  void is_qemu() { qemu_ = true; }
  // Changes whenever equal commits of the running guest may begin to have other features; 0 while
  // it does not run.
  uint32_t generation() const { return generation_; }

 private:
  void learn(const CommitEffect& effect, const VmState& vm, Tid tid);
  void learn_ram(const CommitEffect& effect, const VmState& vm, Tid tid);
  void grow_board(const CommitEffect& effect, bool by_guest);
  Place place(const Slot& slot) const;
  bool is_low_ram(const Slot& slot) const;
  bool is_high_ram(const Slot& slot) const;
  bool is_device_memory(const Slot& slot) const;
  bool shows_board(const CommitEffect& effect, const VmState& vm) const;
  bool shows_guest(const CommitEffect& effect, Features set) const;
  Features shape(const CommitEffect& effect) const;
  Features read_facts(const CommitEffect& effect, const OpenCommit& commit, const VmState& vm);

  std::optional<Hva> ram_;  // host address of guest address 0
  Gpa ram_top_;             // end of low RAM, the highest ever seen
  Gpa board_end_;  // end of the board's memory above 4 GiB and of what was plugged after it
  Tid main_thread_;
  std::optional<Nanos> latest_;  // call
  bool qemu_;
  bool guest_runs_ = false;
  bool guest_ran_ = false;      // before the commit that was read last
  bool ram_logs_ = false;       // as while all of the guest's memory is logged: in a migration
  bool flash_toggles_ = false;  // flash that was taken away comes back: it has two modes
  bool smm_seen_ = false;
  bool smm_begins_ = false;  // in the commit that was read last
  Features facts_;           // of that commit as a whole
  uint32_t generation_ = 0;
  uint32_t commits_ = 0;  // before the guest runs
};

}  // namespace slotscope
