// Keeps the few largest of many findings, so that memory does not grow with the trace.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace slotscope {

// How many single findings of a kind are kept; the totals count all.
inline constexpr size_t most_listed = 100;

// `weight_of(finding)` orders; of equal ones the earliest stay.
template <class Finding, auto weight_of>
class Largest {
 public:
  void offer(const Finding& finding) {
    ++offered_;
    if (heap_.size() < most_listed) {
      heap_.push_back({finding, offered_});
      std::push_heap(heap_.begin(), heap_.end(), larger);
      return;
    }
    if (weight_of(finding) <= weight_of(heap_.front().finding)) return;
    std::pop_heap(heap_.begin(), heap_.end(), larger);
    heap_.back() = {finding, offered_};
    std::push_heap(heap_.begin(), heap_.end(), larger);
  }

  // Whether offer() would keep a finding of this weight: for callers that would rather not make it.
  template <class Weight>
  bool would_keep(const Weight& weight) const {
    return heap_.size() < most_listed || weight > weight_of(heap_.front().finding);
  }

  // The largest first.
  std::vector<Finding> sorted() const {
    std::vector<Entry> entries = heap_;
    std::sort(entries.begin(), entries.end(), larger);
    std::vector<Finding> findings;
    findings.reserve(entries.size());
    for (Entry& entry : entries) findings.push_back(std::move(entry.finding));
    return findings;
  }

 private:
  struct Entry {
    Finding finding;
    uint64_t ordinal;
  };

  static bool larger(const Entry& a, const Entry& b) {
    const auto wa = weight_of(a.finding), wb = weight_of(b.finding);
    return wa != wb ? wa > wb : a.ordinal < b.ordinal;
  }

  std::vector<Entry> heap_;  // the smallest of the kept ones in front
  uint64_t offered_ = 0;
};

}  // namespace slotscope
