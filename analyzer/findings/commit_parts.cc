#include "analyzer/findings/commit_parts.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace slotscope {
namespace {

// Calls visit(change, came) for all sides of all updates, those without effect as well.
template <class Visit>
void for_each_change(const CommitChanges& commit, Visit visit) {
  commit.for_each_space([&](AsId, const SpaceChanges& space) {
    for (const SlotChange& change : space.gone()) visit(change, false);
    for (const SlotChange& change : space.come()) visit(change, true);
  });
}

class Divider {
 public:
  Divider(const CommitChanges& commit, const FeatureReader& reader, CommitFeatures features)
      : reader_(reader), window_is_ram_(features.any(feature::smram_window)) {
    for_each_change(commit, [&](const SlotChange& change, bool) {
      if (region_of(change) == Region::pci) ranges_.push_back(change.slot.range());
    });
    join_ranges();
  }

  // Changes with equal keys belong together.
  using Key = std::pair<Region, size_t>;
  Key key_of(const SlotChange& change) const {
    const Region region = region_of(change);
    if (region != Region::pci) return {region, 0};
    const auto after =
        std::upper_bound(ranges_.begin(), ranges_.end(), change.slot.gpa,
                         [](Gpa gpa, const GpaRange& range) { return gpa < range.begin; });
    return {region, static_cast<size_t>(after - ranges_.begin())};
  }

 private:
  // RAM that appears in the window pushes the display out of it.
  Region region_of(const SlotChange& change) const {
    const Region region = reader_.region_of(change);
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

std::vector<CommitPart> parts_of(const CommitChanges& commit, const FeatureReader& reader,
                                 CommitFeatures features) {
  if (commit.size() < 2) return {};
  const Divider divider(commit, reader, features);
  std::map<Divider::Key, CommitPart> parts;
  std::map<CallNumber, const SlotChange*> latest;  // side of each call
  bool divided = false;
  std::optional<Divider::Key> first;
  for_each_change(commit, [&](const SlotChange& change, bool) {
    const Divider::Key key = divider.key_of(change);
    divided |= first.value_or(key) != key;
    first = key;
  });
  if (!divided) return {};
  // Both sides of a move are one call.
  for_each_change(commit, [&](const SlotChange& change, bool) { latest[change.call] = &change; });
  for (const auto& [call, change] : latest) {
    CommitPart& part = parts[divider.key_of(*change)];
    if (part.calls.empty()) part.stack = change->stack;
    part.calls.push_back(call);
  }
  const auto add = [&](const SlotChange& change, bool came, bool undone) {
    const auto part = parts.find(divider.key_of(change));
    if (part == parts.end() || part->second.undone != undone) return;
    part->second.changes.add_part(change, came);
  };
  commit.for_each_effect([&](const SlotChange& change, bool came) { add(change, came, false); });
  for (auto& [key, part] : parts) part.undone = part.changes.size() == 0;
  for_each_change(commit, [&](const SlotChange& change, bool came) { add(change, came, true); });
  std::vector<CommitPart> list;
  for (auto& [key, part] : parts) list.push_back(std::move(part));
  return list;
}

}  // namespace slotscope
