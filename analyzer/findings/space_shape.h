// What the slots of an address space show at one moment: neighbours that are one piece of memory,
// slots that can't have huge pages, and memory that is shown twice.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analyzer/model/slot_map.h"

namespace slotscope {

// Slots that could be one: each touches the next, and all have one view.
struct SlotPiece {
  GpaRange range;
  std::vector<SlotId> slots;  // two or more, upwards
  // Blocks of one size, as virtio-mem and hv-balloon plug them: they are kept apart so that one can
  // go without its neighbours (memory_region_set_unmergeable, QEMU 8.2 on).
  bool equal_blocks = false;
};

// Two slots with a part of the same host memory, or of the same guest_memfd.
struct SlotAlias {
  Slot low, high;      // by gpa
  Bytes size;          // of what both show
  bool memfd = false;  // in a guest_memfd
};

struct SpaceShape {
  AsId as;
  uint64_t slots = 0, slots_needed = 0;
  std::vector<SlotPiece> pieces;
  // Slots of at least 2 MiB whose gpa and hva differ modulo 2 MiB: KVM maps them by 4 KiB however
  // the host backs them (kvm_alloc_memslot_metadata: ugfn, arch/x86/kvm/x86.c, 5.10 to 7.3).
  std::vector<Slot> misaligned;
  std::vector<SlotAlias> aliases;  // the first of each slot and a later one
  // Writable slots that log nothing, joined: what vhost counts (vhost_section, QEMU 5.2 to 11).
  uint64_t vhost_regions = 0;

  // Some slot is misaligned or an alias, or a limit of vhost is passed.
  bool is_remarkable() const;
};

// `slots` ascend in gpa and don't overlap.
SpaceShape shape_of(AsId as, std::span<const Slot> slots);
SpaceShape shape_of(AsId as, const SlotMap& slots);

// Of all address spaces. The pointers are into `shapes`; null when there is none.
struct ShapeTotals {
  uint64_t misaligned = 0, aliases = 0;
  const Slot* largest_misaligned = nullptr;
  const SlotAlias* first_alias = nullptr;
};
ShapeTotals totals_of(std::span<const SpaceShape> shapes);

// The largest limit on vhost's regions that is passed; 0 when none is. vhost-user backends take 8
// (VHOST_USER_MAX_RAM_SLOTS of libvhost-user before 6.0, DPDK), 32 or 509; vhost in the kernel 64
// (max_mem_regions, drivers/vhost/vhost.c).
uint64_t vhost_limit_passed(uint64_t regions);

}  // namespace slotscope
