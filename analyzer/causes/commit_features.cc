#include "analyzer/causes/commit_features.h"

#include <algorithm>
#include <tuple>

#include "analyzer/causes/board_cuts.h"

namespace slotscope {
namespace {

constexpr Bytes one_gib{uint64_t{1} << 30};
constexpr Gpa flash_begin{0xff000000};

// The trace began later than the VM, or lost events let it seem so: the guest may run.
bool began_before(const VmState& vm) { return vm.learnt_slots() > 0; }

const Slot* slot_at_zero(const SpaceEffect& space) {
  const std::span<const Side> after = space.after;
  return !after.empty() && after.front().slot.gpa == Gpa{0} ? &after.front().slot : nullptr;
}

// When the calls of the effect returned, the first and the last of them.
struct Times {
  std::optional<Nanos> first, last;
};

Times times_of(const CommitEffect& effect, const OpenCommit& commit) {
  Times times;
  for (const Side& side : effect.sides()) {
    const std::optional<Nanos> time = commit.entries()[side.call].time;
    if (!time) continue;
    times.first = std::min(times.first.value_or(*time), *time);
    times.last = std::max(times.last.value_or(*time), *time);
  }
  return times;
}

}  // namespace

Features feature_of(Place place) {
  switch (place) {
    case Place::low_memory:
      break;
    case Place::vga_window:
      return feature::vga_window;
    case Place::ram_alias:
      return feature::ram_alias;
    case Place::device_memory:
      return feature::device_memory;
    case Place::flash:
      return feature::flash;
    case Place::bar:
      return feature::bar;
    case Place::rom_bar:
      return feature::rom_bar;
  }
  return {};
}

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

Place FeatureReader::place(const Slot& slot) const {
  const GpaRange range = slot.range();
  if (range.begin < pam_area.end) {
    const bool display = range.overlaps(smram_area) && !is_low_ram(slot);
    return display ? Place::vga_window : Place::low_memory;
  }
  if (is_low_ram(slot) || is_high_ram(slot)) return Place::low_memory;
  if (ram_ && slot.hva >= *ram_ && slot.hva - *ram_ < ram_top_ - Gpa{0} && range.begin < four_gib) {
    return Place::ram_alias;
  }
  if (is_device_memory(slot)) return Place::device_memory;
  if (range.begin >= flash_begin && range.end <= four_gib) return Place::flash;
  return slot.writable() ? Place::bar : Place::rom_bar;
}

Region FeatureReader::region_of(const Side& side) const {
  if (side.kind == UpdateKind::flags) return Region::log_flips;
  if (side.slot.as.value == 1 && smm_begins_) return Region::first_smm;
  switch (place(side.slot)) {
    case Place::vga_window:
      return Region::vga_window;
    case Place::flash:
      return Region::flash;
    case Place::device_memory:
      return facts_.any(feature::other_thread | feature::with_bars) ? Region::pci
                                                                    : Region::device_memory;
    case Place::bar:
    case Place::rom_bar:
      return Region::pci;
    case Place::low_memory:
    case Place::ram_alias:
      break;
  }
  return Region::low_ram;
}

Features FeatureReader::shape(const CommitEffect& effect) const {
  Features set;
  bool in_normal_space = false, in_smm_space = false;
  for (const Side& side : effect.sides()) {
    (side.slot.as.value == 0 ? in_normal_space : in_smm_space) = true;
    if (side.kind == UpdateKind::flags) {
      set |= feature::log_flips;
      continue;
    }
    const Place where = place(side.slot);
    if (where != Place::flash || flash_toggles_) set |= feature_of(where);
    if (side.kind == UpdateKind::del) set |= feature::deletes;
    if (side.kind == UpdateKind::create) set |= feature::creates;
  }
  if (smm_begins_ && in_smm_space && !in_normal_space) set |= feature::smm_begins;
  const auto low_ram = [this](const Slot& slot) { return is_low_ram(slot); };
  for (const SpaceEffect& space : effect.spaces()) {
    set |=
        board_cuts(RamSide::of(space.before, low_ram), RamSide::of(space.after, low_ram), ram_top_);
  }
  return set;
}

const Slot* FeatureReader::subject(const CommitEffect& effect, Features places) const {
  const Slot* lowest = nullptr;
  for (const Side& side : effect.sides()) {
    const bool fits = side.kind != UpdateKind::flags && places.any(feature_of(place(side.slot)));
    if (fits && (!lowest || side.slot.gpa < lowest->gpa)) lowest = &side.slot;
  }
  return lowest;
}

// The thread that creates the first memory is the one that builds the board. A trace that begins
// later may begin with a vCPU.
void FeatureReader::learn_ram(const CommitEffect& effect, const VmState& vm, Tid tid) {
  const SpaceEffect& normal_space = effect.normal_space();
  if (const Slot* came = slot_at_zero(normal_space)) {
    ram_ = came->hva;
    const bool from_nothing =
        normal_space.before.empty() && !began_before(vm) && !vm.has_lost_events();
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
void FeatureReader::grow_board(const CommitEffect& effect, bool by_guest) {
  if (by_guest) return;
  for (const Side& came : effect.normal_space().after) {
    if (is_device_memory(came.slot)) board_end_ = std::max(board_end_, came.slot.range().end);
  }
}

void FeatureReader::learn(const CommitEffect& effect, const VmState& vm, Tid tid) {
  if (!ram_) learn_ram(effect, vm, tid);
  for (const SpaceEffect& space : effect.spaces()) {
    for (const Side& came : space.after) {
      const Slot& slot = came.slot;
      if (ram_ && slot.hva.value - slot.gpa.value == ram_->value && slot.range().end <= four_gib) {
        ram_top_ = std::max(ram_top_, slot.range().end);
      }
    }
    for (const Side& went : space.before) {
      flash_toggles_ |= went.kind == UpdateKind::del && place(went.slot) == Place::flash;
    }
    if (space.as.value != 1) continue;
    smm_begins_ = !smm_seen_ && space.before.empty() && space.after.size() > 1;
    smm_seen_ = true;
  }
  if (const Slot* came = slot_at_zero(effect.normal_space())) {
    ram_logs_ = (came->flags & slot_flag::log_dirty) != 0;
  }
  if (!qemu_) qemu_ = shows_board(effect, vm);
}

// The VGA window ends where the PAM area begins; other VMMs map RAM without holes there.
bool FeatureReader::shows_board(const CommitEffect& effect, const VmState& vm) const {
  const auto is_there = [](const Side& side) { return side.slot.gpa == pam_area.begin; };
  const SpaceEffect& space = effect.normal_space();
  if (std::any_of(space.before.begin(), space.before.end(), is_there)) return true;
  if (std::any_of(space.after.begin(), space.after.end(), is_there)) return true;
  const AddressSpace* normal = vm.address_space(AsId{0});
  if (!normal) return false;
  const Slot* slot = normal->slots.overlapping({pam_area.begin, {pam_area.begin.value + 1}});
  return slot && slot->gpa == pam_area.begin;
}

// What board initialisation never does.
bool FeatureReader::shows_guest(const CommitEffect& effect, Features set) const {
  constexpr Features by_guest =
      feature::bar | feature::rom_bar | feature::vga_window | feature::log_flips;
  const auto low_ram = [this](const Slot& slot) { return is_low_ram(slot); };
  const SpaceEffect& space = effect.normal_space();
  const uint64_t before = RamSide::of(space.before, low_ram).readonly;
  const uint64_t after = RamSide::of(space.after, low_ram).readonly;
  // Firmware makes the ROM copies below 1 MiB writable.
  const bool unlocks = (before & ~after) != 0;
  const bool tseg = set.has(feature::low_ram_top | feature::creates | feature::deletes) &&
                    !set.any(feature::pam_cut | feature::smram_window);
  return unlocks || flash_toggles_ || tseg || set.any(by_guest);
}

Features FeatureReader::read_facts(const CommitEffect& effect, const OpenCommit& commit,
                                   const VmState& vm) {
  constexpr Nanos a_while{100'000'000};    // as long as a pause that ends an inferred commit
  constexpr uint32_t longest_board = 256;  // commits; QEMU's boards make about ten
  const Tid tid = commit.tid();
  smm_begins_ = false;
  learn(effect, vm, tid);
  const bool other_thread = tid.value != 0 && main_thread_.value != 0 && tid != main_thread_;
  grow_board(effect, other_thread);
  const Features set = shape(effect);
  guest_ran_ = guest_runs_ || other_thread || began_before(vm);
  guest_runs_ |= guest_ran_ || shows_guest(effect, set) || ++commits_ > longest_board;
  const Times times = times_of(effect, commit);
  facts_ = {};
  if (!qemu_) facts_ |= feature::not_qemu;
  if (!guest_runs_) facts_ |= feature::before_guest;
  if (other_thread) facts_ |= feature::other_thread;
  if (tid.value != 0 && tid == main_thread_ && guest_runs_) facts_ |= feature::main_thread;
  if (times.first && latest_ && *times.first - *latest_ > a_while) facts_ |= feature::late;
  if (set.any(feature::bar | feature::rom_bar)) facts_ |= feature::with_bars;
  if (times.first) latest_ = times.last;
  return set | facts_;
}

Features FeatureReader::read_part(const CommitEffect& part) const {
  const Features set = shape(part);
  const bool before_guest = !guest_ran_ && !shows_guest(part, set);
  return set | facts_ | (before_guest ? feature::before_guest : Features());
}

Features FeatureReader::read(const CommitEffect& effect, const OpenCommit& commit,
                             const VmState& vm) {
  const auto known = [this] {
    return std::tuple(ram_, ram_top_, board_end_, smm_seen_, guest_runs_, qemu_, ram_logs_,
                      flash_toggles_);
  };
  const auto before = known();
  const Features features = read_facts(effect, commit, vm);
  if (guest_runs_ && (generation_ == 0 || known() != before)) ++generation_;
  return features;
}

}  // namespace slotscope
