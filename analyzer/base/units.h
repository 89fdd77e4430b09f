// Values of different worlds (guest addresses, host addresses, sizes, times, identities) that the
// compiler keeps apart. Arithmetic wraps like the kernel's u64; callers that meet untrusted numbers
// check with GpaRange::wraps first.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace slotscope {

template <class Tag, class Rep>
struct Quantity {
  using rep = Rep;
  Rep value{};
  friend constexpr auto operator<=>(const Quantity&, const Quantity&) = default;
};

using Gpa = Quantity<struct GpaTag, uint64_t>;        // guest physical address
using Hva = Quantity<struct HvaTag, uint64_t>;        // host virtual address (userspace_addr)
using Bytes = Quantity<struct BytesTag, uint64_t>;    // a size or an offset
using Nanos = Quantity<struct NanosTag, int64_t>;     // a time on the trace's clock, or a duration
using AsId = Quantity<struct AsIdTag, uint16_t>;      // KVM's as_id: bits 16.. of the ioctl's slot
using SlotId = Quantity<struct SlotIdTag, uint16_t>;  // bits 0..15 of the ioctl's slot
using VmId = Quantity<struct VmIdTag, uint32_t>;      // ordinal of the VM in the trace, from 1
using CallNumber = Quantity<struct CallNumberTag, uint64_t>;    // ordinal in the trace, from 1
using CommitId = Quantity<struct CommitIdTag, uint64_t>;        // from 1 in each VM; 0: not known
using StackId = Quantity<struct StackIdTag, uint32_t>;          // from 1 in the trace; 0: none
using FrameId = Quantity<struct FrameIdTag, uint32_t>;          // from 1 in the trace; 0: none
using ModuleId = Quantity<struct ModuleIdTag, uint32_t>;        // from 1 in the trace; 0: none
using CodeAddress = Quantity<struct CodeAddressTag, uint64_t>;  // of an instruction
using Pid = Quantity<struct PidTag, uint32_t>;                  // 0: not known
using Tid = Quantity<struct TidTag, uint32_t>;                  // 0: not known

constexpr Gpa operator+(Gpa a, Bytes n) { return {a.value + n.value}; }
constexpr Bytes operator-(Gpa a, Gpa b) { return {a.value - b.value}; }
constexpr Hva operator+(Hva a, Bytes n) { return {a.value + n.value}; }
constexpr Bytes operator-(Hva a, Hva b) { return {a.value - b.value}; }
constexpr Bytes operator+(Bytes a, Bytes b) { return {a.value + b.value}; }
constexpr Bytes operator-(Bytes a, Bytes b) { return {a.value - b.value}; }
constexpr Bytes& operator+=(Bytes& a, Bytes b) { return a = a + b; }
constexpr Bytes& operator-=(Bytes& a, Bytes b) { return a = a - b; }
constexpr Nanos operator+(Nanos a, Nanos b) { return {a.value + b.value}; }
constexpr Nanos operator-(Nanos a, Nanos b) { return {a.value - b.value}; }
constexpr Nanos& operator+=(Nanos& a, Nanos b) { return a = a + b; }

}  // namespace slotscope

template <class Tag, class Rep>
struct std::hash<slotscope::Quantity<Tag, Rep>> {
  size_t operator()(slotscope::Quantity<Tag, Rep> q) const { return std::hash<Rep>{}(q.value); }
};
