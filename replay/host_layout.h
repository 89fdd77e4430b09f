// Where the VMM's host memory comes to lie in the scratch reservation.
//
// Ranges that touch or overlap stay together, so aliases stay aliases. Of the gaps between them
// whole GiBs are taken out: addresses keep their order and their remainder modulo 1 GiB (and so
// modulo 2 MiB), which with the gpa decides whether KVM can use huge pages
// (kvm_alloc_memslot_metadata).
#pragma once

#include <optional>
#include <vector>

#include "analyzer/base/units.h"
#include "replay/data/replay_plan.h"

namespace slotscope {

class HostLayout {
 public:
  // [hva, hva + size) must not wrap. All of them before the first offset().
  void add(Hva hva, Bytes size);
  void arrange();

  // The offset in the reservation, which begins at a 1 GiB boundary; empty outside all ranges.
  std::optional<Bytes> offset(Hva hva) const;

  Bytes reservation() const { return reservation_; }
  std::vector<ScratchRange> ranges() const;

 private:
  struct Range {
    Hva begin, end;
    Bytes offset;
  };
  std::vector<Range> ranges_;  // after arrange(): disjoint, ascending
  Bytes reservation_;
};

}  // namespace slotscope
