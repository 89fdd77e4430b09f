#include "analyzer/format/iso_time.h"

#include <chrono>

namespace slotscope {
namespace {

constexpr int64_t second = 1'000'000'000;
constexpr uint64_t latest_second = INT64_MAX / second - 1;

// The digits after a decimal point, as nanoseconds; more than nine are cut.
int64_t parse_fraction(Cursor& cursor) {
  constexpr int64_t unit[] = {1'000'000'000, 100'000'000, 10'000'000, 1'000'000, 100'000,
                              10'000,        1'000,       100,        10,        1};
  const std::string_view rest = cursor.rest();
  int64_t value = 0;
  const auto digit = [&](size_t i) { return i < rest.size() && rest[i] >= '0' && rest[i] <= '9'; };
  size_t n = 0;
  for (; n < 9 && digit(n); ++n) value = value * 10 + (rest[n] - '0');
  size_t cut = n;
  while (digit(cut)) ++cut;
  cursor.skip(cut);
  return value * unit[n];
}

// The offset from UTC behind a time: "Z", "+HH:MM", "-HHMM".
std::optional<Nanos> parse_zone(Cursor& cursor) {
  if (cursor.accept("Z")) return Nanos{0};
  const bool west = cursor.accept("-");
  if (!west && !cursor.accept("+")) return std::nullopt;
  const std::string_view digits = cursor.rest();
  const size_t colon = digits.size() > 2 && digits[2] == ':';
  if (digits.size() < 4 + colon) return std::nullopt;
  int minutes = 0;
  for (const size_t i : {size_t{0}, size_t{1}, 2 + colon, 3 + colon}) {
    if (digits[i] < '0' || digits[i] > '9') return std::nullopt;
  }
  minutes = ((digits[0] - '0') * 10 + digits[1] - '0') * 60 + (digits[2 + colon] - '0') * 10 +
            digits[3 + colon] - '0';
  cursor.skip(4 + colon);
  return Nanos{(west ? -minutes : minutes) * 60 * second};
}

}  // namespace

std::optional<Nanos> parse_seconds(Cursor& cursor) {
  uint64_t seconds = 0;
  if (!cursor.decimal(seconds) || seconds > latest_second) return std::nullopt;
  const int64_t fraction = cursor.accept(".") ? parse_fraction(cursor) : 0;
  return Nanos{static_cast<int64_t>(seconds) * second + fraction};
}

std::optional<Nanos> parse_time_of_day(Cursor& cursor, bool& fraction) {
  uint64_t h = 0, m = 0, s = 0;
  if (!cursor.decimal(h) || !cursor.literal(":") || !cursor.decimal(m) || !cursor.literal(":") ||
      !cursor.decimal(s) || h > 24 || m > 59 || s > 60) {
    return std::nullopt;
  }
  fraction = cursor.accept(".") || cursor.accept(",");
  const int64_t whole = static_cast<int64_t>((h * 60 + m) * 60 + s) * second;
  return Nanos{whole + (fraction ? parse_fraction(cursor) : 0)};
}

std::optional<Nanos> parse_iso_time(Cursor& cursor) {
  uint64_t year = 0, month = 0, day = 0;
  if (!cursor.decimal(year) || !cursor.literal("-") || !cursor.decimal(month) ||
      !cursor.literal("-") || !cursor.decimal(day) || !(cursor.accept("T") || cursor.accept(" "))) {
    return std::nullopt;
  }
  if (year < 1970 || year > 2200 || month > 12 || day > 31) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return std::nullopt;
  bool fraction = false;
  const std::optional<Nanos> time = parse_time_of_day(cursor, fraction);
  if (!time) return std::nullopt;
  const std::optional<Nanos> zone = parse_zone(cursor);
  if (!zone) return std::nullopt;
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return Nanos{days * 86400 * second} + *time - *zone;
}

}  // namespace slotscope
