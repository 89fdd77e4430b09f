#include "analyzer/model/gpa_order.h"

#include <algorithm>
#include <cassert>

namespace slotscope {
namespace {

constexpr size_t block_capacity = 64;

// Blocks are short: counting the smaller keys has no branch to mispredict.
size_t rank(const std::vector<GpaOrder::Entry>& block, Gpa gpa) {
  size_t n = 0;
  for (const GpaOrder::Entry& entry : block) n += entry.gpa < gpa;
  return n;
}

}  // namespace

size_t GpaOrder::block_of(Gpa gpa) const {
  if (blocks_.size() <= 1) return 0;
  const auto above = std::upper_bound(firsts_.begin(), firsts_.end(), gpa);
  return above == firsts_.begin() ? 0 : static_cast<size_t>(above - firsts_.begin()) - 1;
}

void GpaOrder::insert(Gpa gpa, uint32_t index) {
  if (blocks_.empty()) {
    blocks_.emplace_back();
    firsts_.push_back(gpa);
  }
  const size_t b = block_of(gpa);
  Block& block = blocks_[b];
  const size_t at = rank(block, gpa);
  block.insert(block.begin() + static_cast<std::ptrdiff_t>(at), {gpa, index});
  firsts_[b] = block.front().gpa;
  if (block.size() <= block_capacity) return;
  const auto middle = block.begin() + block_capacity / 2;
  Block upper(middle, block.end());
  block.erase(middle, block.end());
  firsts_.insert(firsts_.begin() + static_cast<std::ptrdiff_t>(b) + 1, upper.front().gpa);
  blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(b) + 1, std::move(upper));
}

void GpaOrder::erase(Gpa gpa) {
  const size_t b = block_of(gpa);
  Block& block = blocks_[b];
  const size_t at = rank(block, gpa);
  assert(at < block.size() && block[at].gpa == gpa);
  block.erase(block.begin() + static_cast<std::ptrdiff_t>(at));
  if (block.empty()) {
    blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(b));
    firsts_.erase(firsts_.begin() + static_cast<std::ptrdiff_t>(b));
  } else {
    firsts_[b] = block.front().gpa;
  }
}

GpaOrder::Position GpaOrder::lower_bound(Gpa gpa) const {
  if (blocks_.empty()) return end();
  const size_t b = block_of(gpa);
  const size_t at = rank(blocks_[b], gpa);
  return at < blocks_[b].size() ? Position{b, at} : Position{b + 1, 0};
}

GpaOrder::Position GpaOrder::next(Position p) const {
  return p.at + 1 < blocks_[p.block].size() ? Position{p.block, p.at + 1}
                                            : Position{p.block + 1, 0};
}

GpaOrder::Position GpaOrder::previous(Position p) const {
  assert(p != begin());
  return p.at > 0 ? Position{p.block, p.at - 1}
                  : Position{p.block - 1, blocks_[p.block - 1].size() - 1};
}

}  // namespace slotscope
