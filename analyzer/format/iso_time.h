// Times as text: ISO 8601 in UTC, and time of day.
#pragma once

#include <optional>

#include "analyzer/base/units.h"
#include "analyzer/format/cursor.h"

namespace slotscope {

// "HH:MM:SS[.FRACTION]" as time since midnight; `fraction`: whether there was one.
std::optional<Nanos> parse_time_of_day(Cursor& cursor, bool& fraction);

// "YYYY-MM-DDTHH:MM:SS[.FRACTION](Z|+HH:MM|+HHMM)" as time since the epoch.
std::optional<Nanos> parse_iso_time(Cursor& cursor);

// "SECONDS[.FRACTION]", up to nine digits of fraction.
std::optional<Nanos> parse_seconds(Cursor& cursor);

}  // namespace slotscope
