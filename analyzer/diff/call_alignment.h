// The calls of two traces that correspond, in the order of both.
#pragma once

#include <map>
#include <tuple>
#include <vector>

#include "analyzer/diff/diff_trace.h"
#include "analyzer/diff/host_alignment.h"

namespace slotscope {

// Which calls have a counterpart.
struct Matched {
  std::vector<bool> a, b;
  bool exact = true;  // false: a longer search might have found more of them
};

using HostAlignments = std::map<VmId, HostAlignment>;

// From the memory that both put at the same places.
HostAlignments align_hosts(const DiffTrace& a, const DiffTrace& b);

// Calls correspond when they did the same to the guest, with the same memory.
Matched align_calls(const DiffTrace& a, const DiffTrace& b, const HostAlignments& hosts);

// Visits the pairs of slots, one of each end, that look the same to the guest. Both are by gpa.
template <class Visit>
void for_each_of_one_shape(const std::vector<DiffSlot>& a, const std::vector<DiffSlot>& b,
                           Visit visit) {
  const auto shape = [](const DiffSlot& one) {
    return std::tuple(one.slot.gpa, one.slot.size, one.slot.flags, one.slot.guest_memfd_offset);
  };
  for (auto x = a.begin(), y = b.begin(); x != a.end() && y != b.end();) {
    if (shape(*x) < shape(*y)) {
      ++x;
    } else if (shape(*y) < shape(*x)) {
      ++y;
    } else {
      visit(*x++, *y++);
    }
  }
}

}  // namespace slotscope
