// What tells a commit's cause: a set of yes-or-no facts, so that the rules can be data.
#pragma once

#include <cstdint>
#include <optional>

#include "analyzer/commits/open_commit.h"

namespace slotscope {

namespace feature {
inline constexpr uint32_t deletes = 1u << 0;
inline constexpr uint32_t creates = 1u << 1;
inline constexpr uint32_t log_flips = 1u << 2;
inline constexpr uint32_t pam_cut = 1u << 3;         // RAM or ROM in 0xc0000-0xfffff, cut at 16 KiB
inline constexpr uint32_t fine_cut = 1u << 4;        // the same, but only at finer boundaries
inline constexpr uint32_t smram_window = 1u << 5;    // RAM at 0xa0000-0xbffff comes or goes
inline constexpr uint32_t smbase_window = 1u << 6;   // RAM at 0x30000-0x4ffff comes or goes
inline constexpr uint32_t low_ram_top = 1u << 7;     // low RAM ends elsewhere than before
inline constexpr uint32_t ram_alias = 1u << 8;       // low RAM at another place: q35's 0xfeda0000
inline constexpr uint32_t vga_window = 1u << 9;      // other memory in 0xa0000-0xbffff
inline constexpr uint32_t flash = 1u << 10;          // in the last 16 MiB below 4 GiB
inline constexpr uint32_t bar = 1u << 11;            // in a PCI window
inline constexpr uint32_t rom_bar = 1u << 12;        // the same, READONLY
inline constexpr uint32_t device_memory = 1u << 13;  // right above the memory of the board
inline constexpr uint32_t smm_begins = 1u << 14;     // the first slots of address space 1
// Of the commit as a whole.
inline constexpr uint32_t not_qemu = 1u << 15;      // nothing shows yet that the VMM is QEMU
inline constexpr uint32_t before_guest = 1u << 16;  // nothing yet that only a running guest does
inline constexpr uint32_t main_thread = 1u << 17;   // known to be the thread of the first call
inline constexpr uint32_t other_thread = 1u << 18;  // known not to be it
inline constexpr uint32_t late = 1u << 19;          // a while after the call before it
inline constexpr uint32_t with_bars = 1u << 20;     // slots in a PCI window are in it as well
// What the VMM said just before.
inline constexpr uint32_t said_pam = 1u << 21;
inline constexpr uint32_t said_smram = 1u << 22;
inline constexpr uint32_t said_tseg = 1u << 23;
inline constexpr uint32_t said_bar = 1u << 24;
inline constexpr uint32_t said_rom = 1u << 25;
inline constexpr uint32_t said_dirty = 1u << 26;
}  // namespace feature

struct CommitFeatures {
  uint32_t set = 0;

  bool has(uint32_t features) const { return (set & features) == features; }
  bool any(uint32_t features) const { return (set & features) != 0; }
};

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

// Remembers of a VM what the signatures need: where its RAM is, who its main thread is, and
// whether the guest runs.
class FeatureReader {
 public:
  // `qemu`: the VMM is known to be QEMU.
  explicit FeatureReader(bool qemu) : qemu_(qemu) {}

  // The features of a commit that had this effect; `vm` is the state after it.
  CommitFeatures read(const CommitEffect& effect, const OpenCommit& commit, const VmState& vm);
  // Of a part of the commit that was read last.
  CommitFeatures read_part(const CommitEffect& part) const;
  Region region_of(const Side& side) const;

  // The lowest slot of the commit that alone shows one of `places` (bar, rom_bar, flash, ...).
  const Slot* subject(const CommitEffect& effect, uint32_t places) const;
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
  uint32_t place(const Slot& slot) const;
  bool is_low_ram(const Slot& slot) const;
  bool is_high_ram(const Slot& slot) const;
  bool is_device_memory(const Slot& slot) const;
  bool shows_board(const CommitEffect& effect, const VmState& vm) const;
  bool shows_guest(const CommitEffect& effect, uint32_t set) const;
  uint32_t shape(const CommitEffect& effect) const;
  CommitFeatures read_facts(const CommitEffect& effect, const OpenCommit& commit,
                            const VmState& vm);

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
  uint32_t facts_ = 0;       // of that commit as a whole
  uint32_t generation_ = 0;
  uint32_t commits_ = 0;  // before the guest runs
};

}  // namespace slotscope
