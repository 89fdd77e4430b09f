#include "analyzer/causes/commit_parts.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace slotscope {
namespace {

class Divider {
 public:
  Divider(const CommitEffect& effect, const FeatureReader& reader, Features features)
      : reader_(reader), window_is_ram_(features.any(feature::smram_window)) {
    for (const Side& side : effect.updates()) {
      if (region_of(side) == Region::pci) ranges_.push_back(side.slot.range());
    }
    join_ranges();
  }

  // Sides with equal keys belong together.
  using Key = std::pair<Region, size_t>;
  Key key_of(const Side& side) const {
    const Region region = region_of(side);
    if (region != Region::pci) return {region, 0};
    const auto after =
        std::upper_bound(ranges_.begin(), ranges_.end(), side.slot.gpa,
                         [](Gpa gpa, const GpaRange& range) { return gpa < range.begin; });
    return {region, static_cast<size_t>(after - ranges_.begin())};
  }

 private:
  // RAM that appears in the window pushes the display out of it.
  Region region_of(const Side& side) const {
    const Region region = reader_.region_of(side);
    return region == Region::vga_window && window_is_ram_ ? Region::low_ram : region;
  }

  void join_ranges() {
    std::sort(ranges_.begin(), ranges_.end(),
              [](const GpaRange& a, const GpaRange& b) { return a.begin < b.begin; });
    size_t kept = 0;
    for (const GpaRange& range : ranges_) {
      if (kept > 0 && range.begin < ranges_[kept - 1].end) {
        ranges_[kept - 1].end = std::max(ranges_[kept - 1].end, range.end);
      } else {
        ranges_[kept++] = range;
      }
    }
    ranges_.resize(kept);
    // No VMM maps so many BARs between two pauses; a hostile trace must not make each a part.
    if (kept > most_ranges) ranges_ = {{ranges_.front().begin, ranges_.back().end}};
  }

  static constexpr size_t most_ranges = 64;

  const FeatureReader& reader_;
  const bool window_is_ram_;
  std::vector<GpaRange> ranges_;  // of slots in PCI windows, apart from each other
};

}  // namespace

std::vector<CommitPart> parts_of(const CommitEffect& effect, const FeatureReader& reader,
                                 Features features) {
  const std::span<const Side> updates = effect.updates();
  const bool one_call = updates.empty() || updates.front().call == updates.back().call;
  if (one_call) return {};
  const Divider divider(effect, reader, features);
  const auto key_of = [&](const Side& side) { return divider.key_of(side); };
  const Divider::Key first = key_of(updates.front());
  const bool whole = std::all_of(updates.begin(), updates.end(),
                                 [&](const Side& side) { return key_of(side) == first; });
  if (whole) return {};
  // Both sides of a move are one call; what it brought tells where the call belongs.
  std::map<CallIndex, Divider::Key> calls;
  for (const Side& side : updates) calls.insert_or_assign(side.call, key_of(side));
  std::map<Divider::Key, CommitPart> parts;
  std::map<Divider::Key, std::vector<Side>> sides, undone;
  for (const auto& [call, key] : calls) {
    parts[key].calls.push_back(call);
  }
  for (const Side& side : effect.sides()) sides[key_of(side)].push_back(side);
  for (const Side& side : updates) undone[key_of(side)].push_back(side);
  std::vector<CommitPart> list;
  for (auto& [key, part] : parts) {
    part.undone = !sides.count(key);
    part.effect = CommitEffect::of_part(std::move(part.undone ? undone[key] : sides[key]));
    list.push_back(std::move(part));
  }
  return list;
}

}  // namespace slotscope
