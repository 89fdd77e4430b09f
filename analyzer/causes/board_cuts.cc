#include "analyzer/causes/board_cuts.h"

#include <algorithm>

namespace slotscope {
namespace {

constexpr Bytes one_mib{uint64_t{1} << 20};
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

// The last few MiB come or go.
bool cuts_tseg(const RamSide& before, const RamSide& after, Gpa ram_top) {
  const auto [lower, upper] = std::minmax(before.ram_end, after.ram_end);
  if (upper != ram_top || lower == upper) return false;
  const Bytes gone = upper - lower;
  return gone <= largest_tseg && gone.value % one_mib.value == 0;
}

}  // namespace

void RamSide::add(const Slot& slot, bool low_ram) {
  const GpaRange range = slot.range();
  if (range.overlaps(pam_area)) {
    cuts |= page_bit(range.begin) | page_bit(range.end);
    if (!slot.writable()) readonly |= page_bit(range.begin);
  }
  if (!low_ram) return;
  smram += overlap(range, smram_area);
  smbase += overlap(range, smbase_area);
  ram_end = std::max(ram_end, range.end);
}

Features board_cuts(const RamSide& before, const RamSide& after, Gpa ram_top) {
  Features set;
  // A register cuts RAM that is there: some of it is there before and after.
  if (before.ram_end != Gpa{0} && after.ram_end != Gpa{0}) {
    if (before.smram != after.smram) set |= feature::smram_window;
    if (before.smbase != after.smbase) set |= feature::smbase_window;
    if (cuts_tseg(before, after, ram_top)) set |= feature::low_ram_top;
  }
  const uint64_t cuts = (before.cuts ^ after.cuts) & inside_pam;
  if (cuts & pam_granules || before.readonly != after.readonly) {
    set |= feature::pam_cut;
  } else if (cuts) {
    set |= feature::fine_cut;
  }
  return set;
}

}  // namespace slotscope
