// Events of every kind with every field at its extremes, for the round trips of trace formats.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "analyzer/event/event.h"

namespace slotscope::test {

template <class T>
constexpr T largest = std::numeric_limits<T>::max();
template <class T>
constexpr T smallest = std::numeric_limits<T>::min();

inline Call typical_call(uint64_t n) {
  Call call;
  call.time = Nanos{static_cast<int64_t>(1'000'000'000 + n * 1000)};
  call.duration = Nanos{static_cast<int64_t>(700 + n)};
  call.gpa = Gpa{n * 0x1000};
  call.size = Bytes{0x1000};
  call.hva = Hva{0x7f0000000000 + n * 0x1000};
  call.slot = SlotId{static_cast<uint16_t>(n % 32764)};
  call.pid = Pid{100};
  call.tid = Tid{101};
  call.commit = CommitId{n / 10 + 1};
  return call;
}

// One call per field that is at its extremes, so that a failure names the field.
inline std::vector<Event> extreme_calls() {
  std::vector<Event> events;
  const auto add = [&](auto change) {
    Call call = typical_call(1);
    change(call);
    events.emplace_back(call);
  };
  add([](Call& c) { c = {}; });
  add([](Call& c) { c.time.reset(); });
  add([](Call& c) { c.duration.reset(); });
  for (int64_t v : {int64_t{0}, int64_t{-1}, int64_t{0xffffffff}, int64_t{0x100000000},
                    largest<int64_t>, smallest<int64_t>}) {
    add([v](Call& c) { c.time = Nanos{v}; });
    add([v](Call& c) { c.duration = Nanos{v}; });
  }
  for (uint64_t v : {uint64_t{0}, uint64_t{0xffffffff}, uint64_t{0x100000000}, largest<uint64_t>}) {
    add([v](Call& c) { c.gpa = Gpa{v}; });
    add([v](Call& c) { c.size = Bytes{v}; });
    add([v](Call& c) { c.hva = Hva{v}; });
    add([v](Call& c) { c.commit = CommitId{v}; });
    add([v](Call& c) {
      c.flags = slot_flag::guest_memfd;
      c.guest_memfd = 9;
      c.guest_memfd_offset = Bytes{v};
    });
  }
  for (uint32_t v : {0u, 7u, 0xfffcu, 0xffffu, 0x10000u, largest<uint32_t>}) {
    add([v](Call& c) { c.flags = v; });
    add([v](Call& c) { c.vm = VmId{v}; });
    add([v](Call& c) { c.pid = Pid{v}; });
    add([v](Call& c) { c.tid = Tid{v}; });
    add([v](Call& c) { c.stack = StackId{v}; });
  }
  for (int32_t v : {0, -17, -32768, -32769, 32767, 32768, largest<int32_t>, smallest<int32_t>}) {
    add([v](Call& c) { c.ret = v; });
    add([v](Call& c) {
      c.guest_memfd = v;
      c.guest_memfd_offset = Bytes{0x2000};
    });
  }
  add([](Call& c) { c.as = AsId{largest<uint16_t>}; });
  add([](Call& c) { c.slot = SlotId{largest<uint16_t>}; });
  add([](Call& c) { c.origin = Origin::snapshot; });
  return events;
}

inline std::vector<Event> extreme_losses_and_marks() {
  std::vector<Event> events;
  for (std::optional<Nanos> time :
       {std::optional<Nanos>(), std::optional(Nanos{0}), std::optional(Nanos{smallest<int64_t>}),
        std::optional(Nanos{largest<int64_t>})}) {
    for (auto reason : {Loss::Reason::dropped, Loss::Reason::undecoded, Loss::Reason::damaged}) {
      events.emplace_back(Loss{time, VmId{0}, 0, reason});
      events.emplace_back(Loss{time, VmId{largest<uint32_t>}, largest<uint64_t>, reason});
    }
    for (auto edge : {CommitMark::Edge::begin, CommitMark::Edge::end}) {
      events.emplace_back(CommitMark{time, CommitId{1}, VmId{1}, Tid{0}, edge});
      events.emplace_back(CommitMark{time, CommitId{largest<uint64_t>}, VmId{largest<uint32_t>},
                                     Tid{largest<uint32_t>}, edge});
    }
    for (auto edge : {VmMark::Edge::start, VmMark::Edge::end}) {
      events.emplace_back(VmMark{time, VmId{1}, Pid{0}, edge});
      events.emplace_back(VmMark{time, VmId{largest<uint32_t>}, Pid{largest<uint32_t>}, edge});
    }
  }
  return events;
}

inline std::vector<Event> extreme_annotations() {
  const DeviceName plain("VGA"), empty, longest("0123456789012345678901234567890123456789");
  const DeviceName binary("\x01\x1f \"\\\x7f\x80\xff\xc3\xa9");  // the last two are UTF-8
  const PciFunction lowest{}, highest{255, 255, 255};
  constexpr uint32_t top = largest<uint32_t>;
  std::vector<Event> events;
  const auto add = [&](const Note& note) {
    events.emplace_back(Annotation{{}, VmId{1}, Tid{}, note});
    events.emplace_back(Annotation{Nanos{-1}, VmId{top}, Tid{top}, note});
  };
  add(MemslotIoctl{0});
  add(MemslotIoctl{top});
  add(GlobalDirty{0});
  add(GlobalDirty{top});
  for (const int32_t ret : {0, 21, smallest<int32_t>}) {
    constexpr uint64_t most = largest<uint64_t>;
    add(MemoryAttributes{Gpa{0}, Bytes{0}, MemoryAttributes::is_private, ret});
    add(MemoryAttributes{Gpa{most}, Bytes{most}, most, ret});
    add(GuestMemfdCreation{Bytes{0}, 0, ret});
    add(GuestMemfdCreation{Bytes{most}, most, ret});
  }
  add(GuestCost{});
  add(GuestCost{largest<uint64_t>, largest<uint64_t>});
  add(CallPhases{});
  for (size_t i = 0; i < phase_count; ++i) {
    CallPhases one;
    one.of[i] = {true, largest<uint16_t>, Nanos{smallest<int64_t>}};
    add(one);
    one.of[i].time = Nanos{largest<int64_t>};
    add(one);
  }
  for (const DeviceName& device : {plain, empty, longest, binary}) {
    add(PciConfigWrite{device, lowest, 0, 0});
    add(PciConfigWrite{device, highest, top, top});
    add(PciMapping{PciMapping::Change::add, device, lowest, 0, 0, Bytes{0}});
    add(PciMapping{PciMapping::Change::del, device, highest, 255, largest<uint64_t>,
                   Bytes{largest<uint64_t>}});
  }
  return events;
}

inline std::vector<Event> extreme_events() {
  std::vector<Event> events = extreme_calls();
  for (auto more : {extreme_losses_and_marks(), extreme_annotations(), extreme_calls()}) {
    events.insert(events.end(), more.begin(), more.end());
  }
  return events;
}

}  // namespace slotscope::test
