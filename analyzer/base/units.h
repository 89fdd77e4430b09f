// Values of different worlds (guest addresses, host addresses, sizes, times, identities) that the
// compiler keeps apart. Their arithmetic saturates, because a trace may hold any number: a sum
// stays at the largest value and a difference at the smallest, so that absurd input never turns
// into a small and plausible figure. What has to wrap as KVM's u64 does works on `.value`.
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>

namespace slotscope {

// Also for plain counts that a trace brings along.
template <std::integral T>
constexpr T saturating_sum(T a, T b) {
  T sum{};
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a < 0 ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
}

template <std::integral T>
constexpr T saturating_difference(T a, T b) {
  T difference{};
  if (!__builtin_sub_overflow(a, b, &difference)) return difference;
  return a < b ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
}

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
using PayloadId = Quantity<struct PayloadIdTag, uint32_t>;      // of what a call says; 0: not known
using Pid = Quantity<struct PidTag, uint32_t>;                  // 0: not known
using Tid = Quantity<struct TidTag, uint32_t>;                  // 0: not known

constexpr Gpa operator+(Gpa a, Bytes n) { return {saturating_sum(a.value, n.value)}; }
constexpr Bytes operator-(Gpa a, Gpa b) { return {saturating_difference(a.value, b.value)}; }
constexpr Hva operator+(Hva a, Bytes n) { return {saturating_sum(a.value, n.value)}; }
constexpr Bytes operator-(Hva a, Hva b) { return {saturating_difference(a.value, b.value)}; }
constexpr Bytes operator+(Bytes a, Bytes b) { return {saturating_sum(a.value, b.value)}; }
constexpr Bytes operator-(Bytes a, Bytes b) { return {saturating_difference(a.value, b.value)}; }
constexpr Bytes& operator+=(Bytes& a, Bytes b) { return a = a + b; }
constexpr Bytes& operator-=(Bytes& a, Bytes b) { return a = a - b; }
constexpr Nanos operator+(Nanos a, Nanos b) { return {saturating_sum(a.value, b.value)}; }
constexpr Nanos operator-(Nanos a, Nanos b) { return {saturating_difference(a.value, b.value)}; }
constexpr Nanos& operator+=(Nanos& a, Nanos b) { return a = a + b; }
constexpr Nanos magnitude(Nanos a) { return a < Nanos{0} ? Nanos{0} - a : a; }

// Whether [begin, begin + size) does not fit in 64 bits; KVM refuses a sum of exactly 2^64 too.
template <class Tag>
constexpr bool wraps(Quantity<Tag, uint64_t> begin, Bytes size) {
  uint64_t end = 0;
  return __builtin_add_overflow(begin.value, size.value, &end);
}

}  // namespace slotscope

template <class Tag, class Rep>
struct std::hash<slotscope::Quantity<Tag, Rep>> {
  size_t operator()(slotscope::Quantity<Tag, Rep> q) const { return std::hash<Rep>{}(q.value); }
};
