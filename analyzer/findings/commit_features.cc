#include "analyzer/findings/commit_features.h"

#include <algorithm>
#include <tuple>

#include "analyzer/findings/board_cuts.h"

namespace slotscope {
namespace {

constexpr Bytes one_gib{uint64_t{1} << 30};
constexpr Gpa flash_begin{0xff000000};

// The trace began later than the VM, or lost events let it seem so: the guest may run.
bool began_before(const VmState& vm) { return vm.learnt_slots() > 0; }

const Slot* slot_at_zero(const SpaceChanges& changes) {
  const std::vector<SlotChange>& after = changes.after();
  return !after.empty() && after.front().slot.gpa == Gpa{0} ? &after.front().slot : nullptr;
}

std::optional<Nanos> first_time(const CommitChanges& commit) {
  std::optional<Nanos> first;
  commit.for_each_effect([&](const SlotChange& change, bool) {
    if (change.time && (!first || *change.time < *first)) first = change.time;
  });
  return first;
}

std::optional<Nanos> last_time(const CommitChanges& commit) {
  std::optional<Nanos> last;
  commit.for_each_effect([&](const SlotChange& change, bool) {
    if (change.time && (!last || *change.time > *last)) last = change.time;
  });
  return last;
}

}  // namespace

bool FeatureReader::is_low_ram(const Slot& slot) const {
  return ram_ && slot.hva.value - slot.gpa.value == ram_->value && slot.range().end <= ram_top_;
}

// What the PCI hole left of the board's RAM stands above 4 GiB (pc_memory_init).
bool FeatureReader::is_high_ram(const Slot& slot) const {
  return ram_ && slot.gpa >= four_gib && slot.hva.value == ram_->value + ram_top_.value;
}

bool FeatureReader::is_display(const Slot& slot) const {
  return slot.writable() && (slot.flags & slot_flag::log_dirty) != 0 && !ram_logs_;
}

// DIMMs follow the board's memory, aligned to 1 GiB (pc_get_device_memory_range), one after
// another.
bool FeatureReader::is_device_memory(const Slot& slot) const {
  if (slot.gpa < four_gib || is_display(slot)) return false;
  const Gpa end = std::max(board_end_, four_gib);
  const Gpa aligned{(end.value + one_gib.value - 1) & ~(one_gib.value - 1)};
  return slot.gpa <= end || slot.gpa == aligned;
}

// What one slot of a PCI window, of flash or of legacy VGA says.
uint32_t FeatureReader::place(const Slot& slot) const {
  const GpaRange range = slot.range();
  if (range.begin < pam_area.end) {
    return range.overlaps(smram_area) && !is_low_ram(slot) ? feature::vga_window : 0;
  }
  if (is_low_ram(slot) || is_high_ram(slot)) return 0;
  if (ram_ && slot.hva >= *ram_ && slot.hva - *ram_ < ram_top_ - Gpa{0} && range.begin < four_gib) {
    return feature::ram_alias;
  }
  if (is_device_memory(slot)) return feature::device_memory;
  if (range.begin >= flash_begin && range.end <= four_gib) return feature::flash;
  return slot.writable() ? feature::bar : feature::rom_bar;
}

Region FeatureReader::region_of(const SlotChange& change) const {
  if (change.kind == UpdateKind::flags) return Region::log_flips;
  if (change.slot.as.value == 1 && smm_begins_) return Region::first_smm;
  switch (place(change.slot)) {
    case feature::vga_window:
      return Region::vga_window;
    case feature::flash:
      return Region::flash;
    case feature::device_memory:
      return facts_ & (feature::other_thread | feature::with_bars) ? Region::pci
                                                                   : Region::device_memory;
    case feature::bar:
    case feature::rom_bar:
      return Region::pci;
    default:
      return Region::low_ram;
  }
}

uint32_t FeatureReader::shape(const CommitChanges& commit) const {
  uint32_t set = 0;
  bool in_normal_space = false, in_smm_space = false;
  commit.for_each_effect([&](const SlotChange& change, bool) {
    (change.slot.as.value == 0 ? in_normal_space : in_smm_space) = true;
    if (change.kind == UpdateKind::flags) {
      set |= feature::log_flips;
      return;
    }
    const uint32_t where = place(change.slot);
    if (where != feature::flash || flash_toggles_) set |= where;
    if (change.kind == UpdateKind::del) set |= feature::deletes;
    if (change.kind == UpdateKind::create) set |= feature::creates;
  });
  if (smm_begins_ && in_smm_space && !in_normal_space) set |= feature::smm_begins;
  commit.for_each_space([&](AsId, const SpaceChanges& space) {
    const auto low_ram = [this](const Slot& slot) { return is_low_ram(slot); };
    set |= board_cuts(RamSide::of(space.before(), low_ram), RamSide::of(space.after(), low_ram),
                      ram_top_);
  });
  return set;
}

const Slot* FeatureReader::subject(const CommitChanges& commit, uint32_t places) const {
  const Slot* lowest = nullptr;
  commit.for_each_effect([&](const SlotChange& change, bool) {
    const bool fits = change.kind != UpdateKind::flags && (place(change.slot) & places);
    if (fits && (!lowest || change.slot.gpa < lowest->gpa)) lowest = &change.slot;
  });
  return lowest;
}

// Who creates the first memory builds the board. A trace that begins later may begin with a vCPU.
void FeatureReader::learn_ram(const CommitChanges& commit, const VmState& vm, Tid tid) {
  const SpaceChanges& changes = commit.normal_space();
  if (const Slot* came = slot_at_zero(changes)) {
    ram_ = came->hva;
    const bool from_nothing =
        changes.before().empty() && !began_before(vm) && !vm.has_lost_events();
    if (from_nothing) main_thread_ = tid;
    guest_runs_ |= !from_nothing && !vm.has_lost_events();
    return;
  }
  const AddressSpace* normal = vm.address_space(AsId{0});
  const Slot* lowest = normal ? normal->slots.overlapping({{0}, {1}}) : nullptr;
  if (!lowest) return;
  ram_ = lowest->hva;
  ram_logs_ = (lowest->flags & slot_flag::log_dirty) != 0;
  guest_runs_ = true;
}

// Before what is placed, so that a DIMM stands behind one of the same commit.
void FeatureReader::grow_board(const CommitChanges& commit, bool by_guest) {
  if (by_guest) return;
  for (const SlotChange& came : commit.normal_space().after()) {
    if (is_device_memory(came.slot)) board_end_ = std::max(board_end_, came.slot.range().end);
  }
}

void FeatureReader::learn(const CommitChanges& commit, const VmState& vm, Tid tid) {
  if (!ram_) learn_ram(commit, vm, tid);
  commit.for_each_space([&](AsId as, const SpaceChanges& space) {
    for (const SlotChange& change : space.after()) {
      const Slot& slot = change.slot;
      if (ram_ && slot.hva.value - slot.gpa.value == ram_->value && slot.range().end <= four_gib) {
        ram_top_ = std::max(ram_top_, slot.range().end);
      }
    }
    for (const SlotChange& change : space.before()) {
      flash_toggles_ |= change.kind == UpdateKind::del && place(change.slot) == feature::flash;
    }
    if (as.value != 1) return;
    smm_begins_ = !smm_seen_ && space.before().empty() && space.after().size() > 1;
    smm_seen_ = true;
  });
  if (const Slot* came = slot_at_zero(commit.normal_space())) {
    ram_logs_ = (came->flags & slot_flag::log_dirty) != 0;
  }
  if (!qemu_) qemu_ = shows_board(commit, vm);
}

// The VGA window ends where the PAM area begins; other VMMs map RAM without holes there.
bool FeatureReader::shows_board(const CommitChanges& commit, const VmState& vm) const {
  const auto is_there = [](const SlotChange& change) { return change.slot.gpa == pam_area.begin; };
  const SpaceChanges& changes = commit.normal_space();
  if (std::any_of(changes.before().begin(), changes.before().end(), is_there)) return true;
  if (std::any_of(changes.after().begin(), changes.after().end(), is_there)) return true;
  const AddressSpace* normal = vm.address_space(AsId{0});
  if (!normal) return false;
  const Slot* slot = normal->slots.overlapping({pam_area.begin, {pam_area.begin.value + 1}});
  return slot && slot->gpa == pam_area.begin;
}

// What board initialisation never does.
bool FeatureReader::shows_guest(const CommitChanges& commit, uint32_t set) const {
  constexpr uint32_t by_guest =
      feature::bar | feature::rom_bar | feature::vga_window | feature::log_flips;
  bool unlocks = false;  // firmware makes the ROM copies below 1 MiB writable
  const auto low_ram = [this](const Slot& slot) { return is_low_ram(slot); };
  commit.for_each_space([&](AsId as, const SpaceChanges& space) {
    const uint64_t before = RamSide::of(space.before(), low_ram).readonly;
    const uint64_t after = RamSide::of(space.after(), low_ram).readonly;
    unlocks |= as.value == 0 && (before & ~after) != 0;
  });
  const CommitFeatures features{set};
  const bool tseg = features.has(feature::low_ram_top | feature::creates | feature::deletes) &&
                    !features.any(feature::pam_cut | feature::smram_window);
  return unlocks || flash_toggles_ || tseg || features.any(by_guest);
}

CommitFeatures FeatureReader::read_facts(const CommitChanges& commit, const VmState& vm, Tid tid) {
  constexpr Nanos a_while{100'000'000};    // as long as a pause that ends an inferred commit
  constexpr uint32_t longest_board = 256;  // commits; QEMU's boards make about ten
  smm_begins_ = false;
  learn(commit, vm, tid);
  const bool other_thread = tid.value != 0 && main_thread_.value != 0 && tid != main_thread_;
  grow_board(commit, other_thread);
  const uint32_t set = shape(commit);
  guest_ran_ = guest_runs_ || other_thread || began_before(vm);
  guest_runs_ |= guest_ran_ || shows_guest(commit, set) || ++commits_ > longest_board;
  const std::optional<Nanos> first = first_time(commit);
  facts_ = 0;
  if (!qemu_) facts_ |= feature::not_qemu;
  if (!guest_runs_) facts_ |= feature::before_guest;
  if (other_thread) facts_ |= feature::other_thread;
  if (tid.value != 0 && tid == main_thread_ && guest_runs_) facts_ |= feature::main_thread;
  if (first && latest_ && *first - *latest_ > a_while) facts_ |= feature::late;
  if (set & (feature::bar | feature::rom_bar)) facts_ |= feature::with_bars;
  if (first) latest_ = last_time(commit);
  return {set | facts_};
}

CommitFeatures FeatureReader::read_part(const CommitChanges& part) const {
  const uint32_t set = shape(part);
  const bool before_guest = !guest_ran_ && !shows_guest(part, set);
  return {set | facts_ | (before_guest ? feature::before_guest : 0)};
}

CommitFeatures FeatureReader::read(const CommitChanges& commit, const VmState& vm, Tid tid) {
  const auto known = [this] {
    return std::tuple(ram_, ram_top_, board_end_, smm_seen_, guest_runs_, qemu_, ram_logs_,
                      flash_toggles_);
  };
  const auto before = known();
  const CommitFeatures features = read_facts(commit, vm, tid);
  if (guest_runs_ && (generation_ == 0 || known() != before)) ++generation_;
  return features;
}

}  // namespace slotscope
