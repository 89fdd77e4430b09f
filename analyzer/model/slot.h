// A memslot as KVM holds it.
#pragma once

#include "analyzer/base/range.h"
#include "analyzer/base/units.h"
#include "analyzer/event/call.h"

namespace slotscope {

struct Slot {
  Gpa gpa;
  Bytes size;
  Hva hva;
  Bytes guest_memfd_offset;  // 0 unless slot_flag::guest_memfd
  int32_t guest_memfd = -1;  // -1 unless slot_flag::guest_memfd
  uint32_t flags = 0;
  AsId as;
  SlotId id;

  static Slot from(const Call& call) {
    const bool memfd = call.flags & slot_flag::guest_memfd;
    return {.gpa = call.gpa,
            .size = call.size,
            .hva = call.hva,
            .guest_memfd_offset = memfd ? call.guest_memfd_offset : Bytes{0},
            .guest_memfd = memfd ? call.guest_memfd : -1,
            .flags = call.flags,
            .as = call.as,
            .id = call.slot};
  }

  bool operator==(const Slot&) const = default;

  GpaRange range() const { return GpaRange::of(gpa, size); }
  bool writable() const { return !(flags & slot_flag::readonly); }

  // The same memory at the same place in the same way; the slot number is no identity over time.
  bool identical(const Slot& other) const {
    return gpa == other.gpa && size == other.size && hva == other.hva && flags == other.flags &&
           as == other.as && guest_memfd == other.guest_memfd &&
           guest_memfd_offset == other.guest_memfd_offset;
  }
};

}  // namespace slotscope
