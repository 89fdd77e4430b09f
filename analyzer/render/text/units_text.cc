#include "analyzer/render/text/units_text.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "analyzer/event/call.h"

namespace slotscope {

std::string size_text(Bytes size) {
  constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  size_t unit = 0;
  while (unit + 1 < std::size(units) && size.value >> (10 * (unit + 1)) != 0) ++unit;
  const uint64_t whole = uint64_t{1} << (10 * unit);
  // Below a GiB whole numbers are the rule and a digit behind the point would only be noise.
  constexpr size_t gib = 3;
  if (unit < gib && size.value % whole == 0) {
    return fmt::format(FMT_COMPILE("{} {}"), size.value / whole, units[unit]);
  }
  return fmt::format("{:.1f} {}", static_cast<double>(size.value) / static_cast<double>(whole),
                     units[unit]);
}

std::string duration_text(Nanos time) {
  // A sum of absurd times, held at the end of the scale.
  if (magnitude(time).value == INT64_MAX) return "292 years or more";
  const double ns = static_cast<double>(time.value);
  const double size = std::abs(ns);
  if (size < 1e3) return fmt::format("{} ns", time.value);
  if (size < 1e5) return fmt::format("{:.1f} us", ns / 1e3);
  if (size < 1e6) return fmt::format("{:.0f} us", ns / 1e3);
  if (size < 1e9) return fmt::format("{:.1f} ms", ns / 1e6);
  return fmt::format("{:.2f} s", ns / 1e9);
}

std::string seconds_text(Nanos time) {
  return fmt::format("{:.6f}", static_cast<double>(time.value) / 1e9);
}

std::string address_text(uint64_t address) { return fmt::format("{:#x}", address); }

std::string range_text(GpaRange range) {
  return fmt::format(FMT_COMPILE("{:#011x}-{:#011x}"), range.begin.value, range.end.value - 1);
}

std::string count_text(uint64_t n, const char* one, const char* many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

std::string errno_text(int32_t error) {
  const int64_t number = std::abs(int64_t{error});  // the smallest has no positive twin
  const char* name = number <= INT32_MAX ? strerrorname_np(static_cast<int>(number)) : nullptr;
  return name ? name : fmt::format("errno {}", number);
}

std::string mode_text(uint32_t flags) {
  std::string text = flags & slot_flag::readonly ? "ro" : "rw";
  if (flags & slot_flag::log_dirty) text += " log";
  if (flags & slot_flag::guest_memfd) text += " memfd";
  constexpr uint32_t known = slot_flag::readonly | slot_flag::log_dirty | slot_flag::guest_memfd;
  if (flags & ~known) text += fmt::format(" {:#x}", flags & ~known);
  return text;
}

}  // namespace slotscope
