// Reads integers from bytes of a known order, at any alignment, whatever the host's own order.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace slotscope {

template <std::unsigned_integral T>
constexpr T load_le(const char* from) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    value |= static_cast<T>(static_cast<T>(static_cast<unsigned char>(from[i])) << (8 * i));
  }
  return value;
}

template <std::unsigned_integral T>
constexpr T load_be(const char* from) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    value |= static_cast<T>(static_cast<T>(static_cast<unsigned char>(from[i]))
                            << (8 * (sizeof(T) - 1 - i)));
  }
  return value;
}

template <std::unsigned_integral T>
constexpr T load(const char* from, std::endian order) {
  return order == std::endian::little ? load_le<T>(from) : load_be<T>(from);
}

}  // namespace slotscope
