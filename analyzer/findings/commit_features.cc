#include "analyzer/findings/commit_features.h"

#include <algorithm>
#include <tuple>

namespace slotscope {
namespace {

constexpr Gpa four_gib{uint64_t{1} << 32};
constexpr Bytes one_gib{uint64_t{1} << 30};
// i440FX and q35: what PAM, SMRAM and SMBASE registers open and close (hw/pci-host, QEMU 5.2 to
// 11).
constexpr GpaRange pam_area{{0xc0000}, {0x100000}};
constexpr GpaRange smram_area{{0xa0000}, {0xc0000}};
constexpr GpaRange smbase_area{{0x30000}, {0x50000}};
constexpr Gpa flash_begin{0xff000000};
// ESMRAMC has 1, 2 and 8 MiB, extended TSEG 16 by default (mch_update_smram); more is rare.
constexpr Bytes largest_tseg{48u << 20};

Bytes overlap(GpaRange a, GpaRange b) {
  return a.overlaps(b) ? GpaRange{std::max(a.begin, b.begin), std::min(a.end, b.end)}.size()
                       : Bytes{0};
}

// The 64 pages of the PAM area as bits.
uint64_t page_bit(Gpa at) {
  const bool inside = at >= pam_area.begin && at < pam_area.end;
  return inside ? uint64_t{1} << ((at.value - pam_area.begin.value) >> 12) : 0;
}
// SMRAM cuts at 0xc0000 too.
constexpr uint64_t inside_pam = ~uint64_t{1};
constexpr uint64_t pam_granules = 0x1111111111111111;  // every 16 KiB

// One side of what happened to low RAM and to the PAM area in an address space.
struct Side {
  Bytes smram, smbase, top;  // of low RAM
  uint64_t cuts = 0;         // pages of the PAM area at which a slot begins or the one before ends
  uint64_t readonly = 0;     // those at which a READONLY slot begins
};

Side side_of(const std::vector<SlotChange>& changes, Gpa ram_top, auto is_low_ram) {
  Side side;
  const GpaRange top{
      ram_top.value > largest_tseg.value ? Gpa{ram_top.value - largest_tseg.value} : Gpa{0},
      ram_top};
  for (const SlotChange& change : changes) {
    const GpaRange range = change.slot.range();
    if (range.begin >= four_gib) break;
    if (range.overlaps(pam_area)) {
      side.cuts |= page_bit(range.begin) | page_bit(range.end);
      if (!change.slot.writable()) side.readonly |= page_bit(range.begin);
    }
    if (!is_low_ram(change.slot)) continue;
    side.smram += overlap(range, smram_area);
    side.smbase += overlap(range, smbase_area);
    side.top += overlap(range, top);
  }
  return side;
}

}  // namespace

bool FeatureReader::is_low_ram(const Slot& slot) const {
  return ram_ && slot.hva.value - slot.gpa.value == ram_->value && slot.range().end <= ram_top_;
}

// DIMMs follow the board's memory, aligned to 1 GiB (pc_get_device_memory_range), one after
// another.
bool FeatureReader::is_device_memory(const Slot& slot) const {
  const Gpa end = std::max(board_end_, four_gib);
  const Gpa aligned{(end.value + one_gib.value - 1) & ~(one_gib.value - 1)};
  return slot.gpa <= end || slot.gpa == aligned;
}

void FeatureReader::learn_ram(const CommitChanges& commit, const VmState& vm) {
  for (const SlotChange& came : commit.normal_space().after()) {
    if (came.slot.gpa == Gpa{0}) ram_ = came.slot.hva;
  }
  if (ram_) return;
  const AddressSpace* normal = vm.address_space(AsId{0});
  const Slot* lowest = normal ? normal->slots.overlapping({{0}, {1}}) : nullptr;
  if (lowest) ram_ = lowest->hva;
}

// What one slot of a PCI window, of flash or of legacy VGA says.
void FeatureReader::place(const Slot& slot, uint32_t& set) const {
  const GpaRange range = slot.range();
  if (range.begin < pam_area.end) {
    if (range.overlaps(smram_area) && !is_low_ram(slot)) set |= feature::vga_window;
  } else if (is_low_ram(slot)) {
    return;
  } else if (ram_ && slot.hva >= *ram_ && slot.hva - *ram_ < ram_top_ - Gpa{0} &&
             range.begin < four_gib) {
    set |= feature::ram_alias;
  } else if (range.begin >= four_gib && is_device_memory(slot)) {
    set |= feature::device_memory;
  } else if (range.begin >= flash_begin && range.end <= four_gib) {
    set |= feature::flash;
  } else {
    set |= slot.writable() ? feature::bar : feature::rom_bar;
  }
}

void FeatureReader::grow_board(const CommitChanges& commit, uint32_t set) {
  if (!(set & (feature::before_guest | feature::device_memory))) return;
  for (const SlotChange& came : commit.normal_space().after()) {
    if (came.slot.gpa >= four_gib && is_device_memory(came.slot)) {
      board_end_ = std::max(board_end_, came.slot.range().end);
    }
  }
}

CommitFeatures FeatureReader::read_facts(const CommitChanges& commit, const VmState& vm, Tid tid) {
  if (!ram_) learn_ram(commit, vm);
  if (main_thread_.value == 0) main_thread_ = tid;
  CommitFeatures features;
  uint32_t& set = features.set;
  bool flash_off = false;
  bool unlocks = false;  // firmware makes the ROM copies below 1 MiB writable: the guest runs
  commit.for_each_space([&](AsId as, const SpaceChanges& space) {
    for (const SlotChange& change : space.after()) {
      const Slot& slot = change.slot;
      if (ram_ && slot.hva.value - slot.gpa.value == ram_->value && slot.range().end <= four_gib) {
        ram_top_ = std::max(ram_top_, slot.range().end);
      }
    }
    for (const SlotChange& change : space.before()) {
      uint32_t gone = 0;
      place(change.slot, gone);
      flash_off |= (gone & feature::flash) != 0;
    }
    for (const auto* changes : {&space.before(), &space.after()}) {
      for (const SlotChange& change : *changes) {
        place(change.slot, set);
        if (change.kind == UpdateKind::flags) set |= feature::log_flips;
        if (change.kind == UpdateKind::del) set |= feature::deletes;
        if (change.kind == UpdateKind::create) set |= feature::creates;
      }
    }
    const auto low_ram = [this](const Slot& slot) { return is_low_ram(slot); };
    const Side before = side_of(space.before(), ram_top_, low_ram);
    const Side after = side_of(space.after(), ram_top_, low_ram);
    if (before.smram != after.smram) set |= feature::smram_window;
    if (before.smbase != after.smbase) set |= feature::smbase_window;
    if (before.top != after.top) set |= feature::low_ram_top;
    const uint64_t cuts = (before.cuts ^ after.cuts) & inside_pam;
    if (cuts & pam_granules || before.readonly != after.readonly) {
      set |= feature::pam_cut;
    } else if (cuts) {
      set |= feature::fine_cut;
    }
    unlocks |= as.value == 0 && (before.readonly & ~after.readonly) != 0;
    if (as.value == 1 && !smm_seen_) {
      smm_seen_ = true;
      if (space.before().empty() && space.after().size() > 1) set |= feature::smm_begins;
    }
  });
  constexpr uint32_t by_guest =
      feature::bar | feature::rom_bar | feature::vga_window | feature::log_flips;
  const bool other_thread = tid.value != 0 && main_thread_.value != 0 && tid != main_thread_;
  const bool tseg = features.has(feature::low_ram_top) && !features.any(feature::pam_cut) &&
                    features.has(feature::creates | feature::deletes) &&
                    !features.any(feature::smram_window);
  guest_runs_ |= unlocks || other_thread || flash_off || tseg || features.any(by_guest);
  if (!guest_runs_) set |= feature::before_guest;
  if (tid.value != 0 && !other_thread && guest_runs_) set |= feature::main_thread;
  grow_board(commit, set);
  return features;
}

const Slot* FeatureReader::subject(const CommitChanges& commit, uint32_t places) const {
  const Slot* lowest = nullptr;
  commit.for_each_space([&](AsId, const SpaceChanges& space) {
    for (const auto* changes : {&space.before(), &space.after()}) {
      for (const SlotChange& change : *changes) {
        uint32_t set = 0;
        place(change.slot, set);
        if ((set & places) && (!lowest || change.slot.gpa < lowest->gpa)) lowest = &change.slot;
      }
    }
  });
  return lowest;
}

CommitFeatures FeatureReader::read(const CommitChanges& commit, const VmState& vm, Tid tid) {
  const auto known = [this] {
    return std::tuple(ram_, ram_top_, board_end_, smm_seen_, guest_runs_);
  };
  const auto before = known();
  const CommitFeatures features = read_facts(commit, vm, tid);
  if (guest_runs_ && (generation_ == 0 || known() != before)) ++generation_;
  return features;
}

}  // namespace slotscope
