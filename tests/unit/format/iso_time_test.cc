#include "analyzer/format/iso_time.h"

#include <string>

#include "tests/support/catch.h"

using namespace slotscope;

namespace {

constexpr int64_t second = 1'000'000'000;

struct Row {
  std::string text;
  std::optional<int64_t> nanos;
};

}  // namespace

TEST_CASE("dates and times to the nanosecond, in any zone") {
  for (const Row& row : {
           Row{"1970-01-01T00:00:00Z", 0},
           Row{"2026-11-22T10:31:11.494119Z", 1795343471494119000},
           Row{"2026-11-22 10:31:11,494119Z", 1795343471494119000},
           Row{"2026-11-22T10:31:11.4941190019Z", 1795343471494119001},
           Row{"2026-11-22T12:31:11+02:00", 1795343471 * second},
           Row{"2026-11-22T05:01:11-0530", 1795343471 * second},
           Row{"2024-02-29T00:00:00Z", 1709164800 * second},
           Row{"2200-12-31T23:59:60Z", 7289654400 * second},
           Row{"2023-02-29T00:00:00Z", {}},
           Row{"2026-13-01T00:00:00Z", {}},
           Row{"2026-04-31T00:00:00Z", {}},
           Row{"2026-00-01T00:00:00Z", {}},
           Row{"1969-12-31T23:59:59Z", {}},
           Row{"2201-01-01T00:00:00Z", {}},
           Row{"18446744073709551616-01-01T00:00:00Z", {}},
           Row{"2026-11-22T25:00:00Z", {}},
           Row{"2026-11-22T10:60:00Z", {}},
           Row{"2026-11-22T10:31:61Z", {}},
           Row{"2026-11-22T10:31Z", {}},
           Row{"2026-11-22x10:31:11Z", {}},
           Row{"2026-11-22T10:31:11", {}},
           Row{"2026-11-22T10:31:11+2", {}},
           Row{"2026-11-22T10:31:11+02:0", {}},
           Row{"2026-11-22T10:31:11+02:x0", {}},
       }) {
    INFO(row.text);
    Cursor cursor(row.text);
    const std::optional<Nanos> time = parse_iso_time(cursor);
    REQUIRE(time.has_value() == row.nanos.has_value());
    if (time) CHECK(time->value == *row.nanos);
  }
}

TEST_CASE("seconds as large as nanoseconds of 64 bits allow") {
  for (const Row& row : {
           Row{"0", 0},
           Row{"1.5", 1'500'000'000},
           Row{"9223372035.999999999", 9223372035'999999999},
           Row{"9223372036", {}},
           Row{"18446744073709551616", {}},
           Row{".5", {}},
       }) {
    INFO(row.text);
    Cursor cursor(row.text);
    const std::optional<Nanos> time = parse_seconds(cursor);
    REQUIRE(time.has_value() == row.nanos.has_value());
    if (time) CHECK(time->value == *row.nanos);
  }
}
