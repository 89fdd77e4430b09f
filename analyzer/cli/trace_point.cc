#include "analyzer/cli/trace_point.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "analyzer/base/escape.h"

namespace slotscope {
namespace {

struct Unit {
  const char* name;
  double nanos;
};
constexpr Unit units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};

}  // namespace

Result<TracePoint> parse_trace_point(const std::string& text) {
  if (text == "end") return TracePoint(TraceEnd{});
  const char* const end = text.data() + text.size();
  uint64_t call = 0;
  if (const auto [rest, error] = std::from_chars(text.data(), end, call);
      error == std::errc{} && rest == end) {
    return TracePoint(CallNumber{call});
  }
  double number = 0;
  if (const auto [rest, error] = std::from_chars(text.data(), end, number);
      error == std::errc{} && number >= 0) {
    for (const Unit& unit : units) {
      const double nanos = number * unit.nanos;
      if (std::string(rest, end) == unit.name && nanos < 9e18) {
        return TracePoint(Nanos{std::llround(nanos)});
      }
    }
  }
  return Diagnostic{
      .fault = Fault::usage,
      .message = fmt::format("'{}' is no point of a trace", escape_for_terminal(text)),
      .advice = "give a call number (47), a time since the first call (1.5s, 20ms) or end"};
}

}  // namespace slotscope
