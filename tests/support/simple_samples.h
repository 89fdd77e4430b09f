// What the files of tests/data/simple say: one trace, as QEMU 7.2 and as 10.x would write it.
#pragma once

#include <vector>

#include "analyzer/event/event.h"

namespace slotscope::test {

inline constexpr int64_t sample_start = 123456789000;

struct SampleSlot {
  uint16_t as, slot;
  uint32_t flags;
  uint64_t gpa, size, hva;
  int32_t ret;
};

// The first record stands at `start`; 7.2's file also has a count of dropped events.
inline std::vector<Event> sample_events(int64_t start, bool dropped) {
  std::vector<Event> events;
  const auto add = [&](const SampleSlot& s, uint64_t commit) {
    events.push_back(
        Annotation{.time = Nanos{start}, .vm = {1}, .tid = {}, .note = MemslotIoctl{0x4020ae46}});
    if (events.size() == 3) {
      events.push_back(CommitMark{.time = Nanos{start},
                                  .commit = {1},
                                  .vm = {1},
                                  .tid = {},
                                  .edge = CommitMark::Edge::begin});
    }
    Call call;
    call.time = Nanos{start + 1500};
    call.as = {s.as};
    call.slot = {s.slot};
    call.flags = s.flags;
    call.gpa = {s.gpa};
    call.size = {s.size};
    call.hva = {s.hva};
    call.ret = s.ret;
    call.pid = {4242};
    call.commit = {commit};
    events.push_back(call);
  };
  add({0, 0, 0, 0, 0x20000000, 0x7f3603e00000, 0}, 0);
  add({0, 0, 0, 0, 0, 0x7f3603e00000, 0}, 1);
  add({1, 1, 2, 0xfffc0000, 0x40000, 0x7f3629e00000, -17}, 1);
  if (dropped) {
    events.push_back(
        Loss{.time = Nanos{start + 9000}, .vm = {1}, .count = 37, .reason = Loss::Reason::dropped});
  }
  add({0, 3, 1, 0xfd000000, 0x1000000, 0x7f3628a00000, 0}, 1);
  return events;
}

}  // namespace slotscope::test
