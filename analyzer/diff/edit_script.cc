#include "analyzer/diff/edit_script.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace slotscope {
namespace {

using Index = std::ptrdiff_t;
using Matches = std::vector<std::pair<size_t, size_t>>;

struct Box {
  Index a_begin, a_end, b_begin, b_end;
  bool empty() const { return a_begin == a_end || b_begin == b_end; }
};
struct Point {
  Index a, b;
};

// A sequence without the tokens that the other side lacks: they can't match.
struct Filtered {
  std::vector<Token> tokens;
  std::vector<size_t> places;  // in the whole sequence

  Filtered(std::span<const Token> all, std::span<const Token> other) {
    const std::unordered_set<Token> known(other.begin(), other.end());
    for (size_t i = 0; i < all.size(); ++i) {
      if (!known.count(all[i])) continue;
      tokens.push_back(all[i]);
      places.push_back(i);
    }
  }
};

class Comparison {
 public:
  Comparison(const std::vector<Token>& a, const std::vector<Token>& b, Effort& effort)
      : a_(a),
        b_(b),
        effort_(effort),
        offset_(static_cast<Index>(b.size()) + 1),
        forward_(a.size() + b.size() + 3),
        backward_(a.size() + b.size() + 3) {}

  Matches run() {
    std::vector<Box> open{{0, static_cast<Index>(a_.size()), 0, static_cast<Index>(b_.size())}};
    while (!open.empty()) {
      Box box = open.back();
      open.pop_back();
      trim(box);
      if (box.empty()) continue;
      const std::optional<Point> split = middle(box);
      if (!split) {
        match_coarsely(box);
        continue;
      }
      open.push_back({box.a_begin, split->a, box.b_begin, split->b});
      open.push_back({split->a, box.a_end, split->b, box.b_end});
    }
    std::sort(matches_.begin(), matches_.end());
    return std::move(matches_);
  }

 private:
  bool equal(Index a, Index b) const {
    return a_[static_cast<size_t>(a)] == b_[static_cast<size_t>(b)];
  }
  Index& forward(Index diagonal) { return forward_[static_cast<size_t>(diagonal + offset_)]; }
  Index& backward(Index diagonal) { return backward_[static_cast<size_t>(diagonal + offset_)]; }
  void match(Index a, Index b) {
    matches_.emplace_back(static_cast<size_t>(a), static_cast<size_t>(b));
  }

  // Takes what is common at both ends out of the box.
  void trim(Box& box) {
    while (!box.empty() && equal(box.a_begin, box.b_begin)) match(box.a_begin++, box.b_begin++);
    while (!box.empty() && equal(box.a_end - 1, box.b_end - 1)) match(--box.a_end, --box.b_end);
  }

  std::optional<Point> middle(const Box& box);
  void match_coarsely(const Box& box);
  Point furthest(const Box& box, Index low, Index high);

  const std::vector<Token>& a_;
  const std::vector<Token>& b_;
  Effort& effort_;
  Index offset_;
  std::vector<Index> forward_, backward_;  // by diagonal (a - b): how far a path has come
  Matches matches_;
};

// A point on a shortest path through the box, where the paths from both corners meet; nothing when
// that would cost more than is left.
std::optional<Point> Comparison::middle(const Box& box) {
  constexpr Index unreached = std::numeric_limits<Index>::max();
  const Index lowest = box.a_begin - box.b_end, highest = box.a_end - box.b_begin;
  const Index from = box.a_begin - box.b_begin, to = box.a_end - box.b_end;
  const bool odd = ((from - to) & 1) != 0;
  Index f_low = from, f_high = from, b_low = to, b_high = to;
  forward(from) = box.a_begin;
  backward(to) = box.a_end;
  Index walked = 0;  // along equal tokens, which is much cheaper than a step
  for (size_t cost = 1;; ++cost) {
    const uint64_t steps = 2 * cost + static_cast<uint64_t>(std::exchange(walked, 0)) / 16;
    if (effort_.steps < steps) return std::nullopt;
    effort_.steps -= steps;
    f_low > lowest ? forward(--f_low - 1) = -1 : ++f_low;
    f_high < highest ? forward(++f_high + 1) = -1 : --f_high;
    for (Index d = f_high; d >= f_low; d -= 2) {
      const Index left = forward(d - 1), right = forward(d + 1);
      Index a = left >= right ? left + 1 : right;
      walked -= a;
      while (a < box.a_end && a - d < box.b_end && equal(a, a - d)) ++a;
      walked += a;
      forward(d) = a;
      if (odd && b_low <= d && d <= b_high && backward(d) <= a) return Point{a, a - d};
    }
    b_low > lowest ? backward(--b_low - 1) = unreached : ++b_low;
    b_high < highest ? backward(++b_high + 1) = unreached : --b_high;
    for (Index d = b_high; d >= b_low; d -= 2) {
      const Index left = backward(d - 1), right = backward(d + 1);
      Index a = left < right ? left : right - 1;
      walked += a;
      while (a > box.a_begin && a - d > box.b_begin && equal(a - 1, a - d - 1)) --a;
      walked -= a;
      backward(d) = a;
      if (!odd && f_low <= d && d <= f_high && a <= forward(d)) return Point{a, a - d};
    }
    if (cost >= exact_differences / 2) {
      effort_.exact = false;
      return furthest(box, f_low, f_high);
    }
  }
}

// Too many differences to go on: where the forward paths have come furthest.
Point Comparison::furthest(const Box& box, Index low, Index high) {
  Point best{box.a_begin, box.b_begin};
  for (Index d = high; d >= low; d -= 2) {
    const Index a = std::min(forward(d), box.a_end), b = a - d;
    if (b < box.b_begin || b > box.b_end) continue;
    if (a + b > best.a + best.b) best = {a, b};
  }
  return best;
}

// The n-th of each token in a belongs to the n-th in b; of these pairs the longest ascending
// series. For sequences without repetitions that is the best there is.
void Comparison::match_coarsely(const Box& box) {
  effort_.exact = false;
  std::unordered_map<Token, std::vector<Index>> places;  // in b, the next one to take at the back
  for (Index b = box.b_end; b > box.b_begin; --b) {
    places[b_[static_cast<size_t>(b - 1)]].push_back(b - 1);
  }
  struct Link {
    Point at;
    size_t before;  // the link before it in its series, or `none`
  };
  constexpr size_t none = SIZE_MAX;
  std::vector<Link> links;
  std::vector<size_t> last;  // of the best series of each length: its last link
  for (Index a = box.a_begin; a < box.a_end; ++a) {
    const auto found = places.find(a_[static_cast<size_t>(a)]);
    if (found == places.end() || found->second.empty()) continue;
    const Index b = found->second.back();
    found->second.pop_back();
    const auto at = std::partition_point(last.begin(), last.end(),
                                         [&](size_t link) { return links[link].at.b < b; });
    links.push_back({{a, b}, at == last.begin() ? none : *(at - 1)});
    if (at == last.end()) {
      last.push_back(links.size() - 1);
    } else {
      *at = links.size() - 1;
    }
  }
  for (size_t link = last.empty() ? none : last.back(); link != none; link = links[link].before) {
    match(links[link].at.a, links[link].at.b);
  }
}

}  // namespace

Matches common_subsequence(std::span<const Token> a, std::span<const Token> b, Effort& effort) {
  const Filtered in_a(a, b), in_b(b, a);
  Matches matches = Comparison(in_a.tokens, in_b.tokens, effort).run();
  for (auto& [x, y] : matches) {
    x = in_a.places[x];
    y = in_b.places[y];
  }
  return matches;
}

}  // namespace slotscope
