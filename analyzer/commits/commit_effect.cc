#include "analyzer/commits/commit_effect.h"

#include <algorithm>
#include <tuple>

namespace slotscope {
namespace {

bool by_gpa(const Side& a, const Side& b) { return a.slot.gpa < b.slot.gpa; }

// A slot id's life during the commit, side by side.
bool by_id_and_call(const Side* a, const Side* b) {
  return std::tuple(a->slot.id, a->call, a->came) < std::tuple(b->slot.id, b->call, b->came);
}

// Something went after something had come: both may be one slot.
bool mixed(const SpaceEffect& space) {
  return !space.gone.empty() && !space.come.empty() &&
         space.gone.back().call > space.come.front().call;
}

// Appends what a slot id was at the start and what it is at the end: slots that came and went again
// inside the commit are no part of its effect.
void add_ends(std::span<const Side* const> life, std::vector<Side>& before,
              std::vector<Side>& after) {
  bool deleted = false, only_flags = true;
  for (const Side* side : life) {
    deleted |= side->deleted;
    only_flags &= side->kind == UpdateKind::flags;
  }
  const auto keep = [&](const Side& side, std::vector<Side>& in, UpdateKind effect) {
    in.push_back(side);
    if (side.kind == UpdateKind::flags && !only_flags) in.back().kind = effect;
  };
  if (!life.front()->came) {
    keep(*life.front(), before, UpdateKind::del);
    before.back().deleted = deleted;
  }
  if (life.back()->came) keep(*life.back(), after, UpdateKind::create);
}

void cancel_within(const SpaceEffect& space, std::vector<Side>& before, std::vector<Side>& after) {
  std::vector<const Side*> sides;
  sides.reserve(space.gone.size() + space.come.size());
  for (const auto& updates : {space.gone, space.come}) {
    for (const Side& side : updates) sides.push_back(&side);
  }
  std::sort(sides.begin(), sides.end(), by_id_and_call);
  for (size_t first = 0; first < sides.size();) {
    size_t end = first;
    while (end < sides.size() && sides[end]->slot.id == sides[first]->slot.id) ++end;
    add_ends(std::span(sides).subspan(first, end - first), before, after);
    first = end;
  }
}

}  // namespace

void CommitEffect::find_spaces() {
  for (size_t first = 0; first < updates_.size();) {
    const AsId as = updates_[first].slot.as;
    size_t came = first, end = first;
    for (; end < updates_.size() && updates_[end].slot.as == as; ++end) came += !updates_[end].came;
    const std::span<const Side> all(updates_);
    const auto gone = all.subspan(first, came - first), come = all.subspan(came, end - came);
    spaces_.push_back({.as = as, .gone = gone, .come = come, .before = gone, .after = come});
    first = end;
  }
}

// As QEMU's own commits are: all that goes, then all that comes, upwards.
bool CommitEffect::is_settled() const {
  return std::all_of(spaces_.begin(), spaces_.end(), [](const SpaceEffect& space) {
    return !mixed(space) && std::is_sorted(space.gone.begin(), space.gone.end(), by_gpa) &&
           std::is_sorted(space.come.begin(), space.come.end(), by_gpa);
  });
}

void CommitEffect::settle(SpaceEffect& space) {
  // Into effect_, which has grown to its full size beforehand.
  const auto first = effect_.end();
  std::vector<Side> after;
  if (mixed(space)) {
    cancel_within(space, effect_, after);
  } else {
    effect_.insert(effect_.end(), space.gone.begin(), space.gone.end());
    after.assign(space.come.begin(), space.come.end());
  }
  const auto middle = effect_.end();
  effect_.insert(effect_.end(), after.begin(), after.end());
  std::sort(first, middle, by_gpa);
  std::sort(middle, effect_.end(), by_gpa);
  space.before = {first, middle};
  space.after = {middle, effect_.end()};
}

CommitEffect::CommitEffect(std::vector<Side> updates) : updates_(std::move(updates)) {
  // In place: the longest commits have most of the memory that a VM may take.
  std::sort(updates_.begin(), updates_.end(), [](const Side& a, const Side& b) {
    return std::tuple(a.slot.as, a.came, a.call) < std::tuple(b.slot.as, b.came, b.call);
  });
  find_spaces();
  if (is_settled()) return;
  effect_.reserve(updates_.size());
  for (SpaceEffect& space : spaces_) settle(space);
}

CommitEffect CommitEffect::of_part(std::vector<Side> sides) {
  CommitEffect part;
  part.updates_ = std::move(sides);
  std::stable_sort(part.updates_.begin(), part.updates_.end(), [](const Side& a, const Side& b) {
    return std::tuple(a.slot.as, a.came) < std::tuple(b.slot.as, b.came);
  });
  part.find_spaces();
  return part;
}

const SpaceEffect& CommitEffect::space(AsId as) const {
  static const SpaceEffect untouched{};
  for (const SpaceEffect& space : spaces_) {
    if (space.as == as) return space;
  }
  return untouched;
}

}  // namespace slotscope
