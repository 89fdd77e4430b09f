#include "replay/host_layout.h"

#include <algorithm>

namespace slotscope {
namespace {

constexpr uint64_t gib = uint64_t{1} << 30;
constexpr size_t compact_at = 4096;

}  // namespace

void HostLayout::add(Hva hva, Bytes size) {
  const Hva end = hva + size;
  // Calls come back to the same few ranges again and again.
  if (!ranges_.empty() && ranges_.back().begin <= hva && end <= ranges_.back().end) return;
  ranges_.push_back({hva, end, {}});
  if (ranges_.size() >= compact_at && (ranges_.size() & (ranges_.size() - 1)) == 0) arrange();
}

void HostLayout::arrange() {
  std::sort(ranges_.begin(), ranges_.end(),
            [](const Range& a, const Range& b) { return a.begin < b.begin; });
  size_t kept = 0;
  for (const Range& range : ranges_) {
    if (kept > 0 && range.begin <= ranges_[kept - 1].end) {
      ranges_[kept - 1].end = std::max(ranges_[kept - 1].end, range.end);
    } else {
      ranges_[kept++] = range;
    }
  }
  ranges_.resize(kept);
  reservation_ = {};
  Hva reached{0};
  for (Range& range : ranges_) {
    reservation_ += Bytes{(range.begin - reached).value % gib};
    range.offset = reservation_;
    reservation_ += range.end - range.begin;
    reached = range.end;
  }
}

std::vector<ScratchRange> HostLayout::ranges() const {
  std::vector<ScratchRange> ranges;
  ranges.reserve(ranges_.size());
  for (const Range& range : ranges_) ranges.push_back({range.offset, range.end - range.begin});
  return ranges;
}

std::optional<Bytes> HostLayout::offset(Hva hva) const {
  const auto above =
      std::upper_bound(ranges_.begin(), ranges_.end(), hva,
                       [](Hva wanted, const Range& range) { return wanted < range.begin; });
  if (above == ranges_.begin()) return std::nullopt;
  const Range& range = *std::prev(above);
  if (hva >= range.end) return std::nullopt;
  return range.offset + (hva - range.begin);
}

}  // namespace slotscope
