// Integers in files: of a known byte order, at any alignment, whatever the host's own order. A load
// or a store in the host's order is one plain move.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstring>

namespace slotscope {

template <std::unsigned_integral T>
constexpr T swap_bytes(T value) {
  T swapped = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    swapped = static_cast<T>(swapped << 4 << 4 | static_cast<T>(value & 0xff));
    value = static_cast<T>(value >> 4 >> 4);  // in two steps: a shift by the width is undefined
  }
  return swapped;
}

// The caller guarantees sizeof(T) bytes at `from`.
template <std::integral T>
T load(const char* from, std::endian order) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  if (order != std::endian::native) {
    value = static_cast<T>(swap_bytes(static_cast<std::make_unsigned_t<T>>(value)));
  }
  return value;
}

template <std::integral T>
T load_le(const char* from) {
  return load<T>(from, std::endian::little);
}

template <std::integral T>
T load_be(const char* from) {
  return load<T>(from, std::endian::big);
}

// The caller guarantees room for sizeof(T) bytes at `to`.
template <std::integral T>
void store_le(char* to, T value) {
  if constexpr (std::endian::native == std::endian::big) {
    value = static_cast<T>(swap_bytes(static_cast<std::make_unsigned_t<T>>(value)));
  }
  std::memcpy(to, &value, sizeof(T));
}

}  // namespace slotscope
