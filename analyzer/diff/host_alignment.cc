#include "analyzer/diff/host_alignment.h"

#include <algorithm>
#include <vector>

#include "analyzer/base/mixed.h"

namespace slotscope {

void HostAlignment::vote(HostAddress a, HostAddress b, Bytes size) {
  if (a.region == HostAddress::nowhere || b.region == HostAddress::nowhere) return;
  const Bytes moved{b.hva.value - a.hva.value};  // either way, so it wraps
  votes_[{a.region, b.region, moved}] += size;
}

void HostAlignment::settle() {
  struct Vote {
    uint32_t a, b;
    Bytes moved, shared;
    uint64_t seen() const { return uint64_t{a} + b; }
  };
  std::vector<Vote> votes;
  for (const auto& [pair, shared] : votes_) {
    const auto& [a, b, moved] = pair;
    votes.push_back({a, b, moved, shared});
  }
  std::stable_sort(votes.begin(), votes.end(), [](const Vote& x, const Vote& y) {
    return x.shared != y.shared ? x.shared > y.shared : x.seen() < y.seen();
  });
  for (const auto& [a, b, moved, shared] : votes) {
    const auto in_a = a_.find(a), in_b = b_.find(b);
    if (in_a != a_.end() && in_a->second != moved) continue;
    if (in_b != b_.end() && in_b->second != moved) continue;
    a_.emplace(a, moved);
    b_.emplace(b, moved);
  }
  votes_.clear();
}

bool HostAlignment::same(HostAddress a, HostAddress b) const { return token_a(a) == token_b(b); }

uint64_t HostAlignment::token(HostAddress address, const Moved& moved, uint64_t side) {
  if (address.region == HostAddress::nowhere) return 0;
  const auto at = moved.find(address.region);
  if (at == moved.end()) return mixed(mixed(side + 1, address.region), address.hva.value);
  const uint64_t in_a = side == 0 ? address.hva.value : address.hva.value - at->second.value;
  return mixed(mixed(3, at->second.value), in_a);
}

}  // namespace slotscope
