#include "analyzer/cli/trace_point.h"

#include "tests/support/catch.h"

using namespace slotscope;

TEST_CASE("points of a trace") {
  CHECK(std::get<CallNumber>(*parse_trace_point("47")) == CallNumber{47});
  CHECK(std::get<CallNumber>(*parse_trace_point("0")) == CallNumber{0});
  CHECK(std::get<Nanos>(*parse_trace_point("1.5s")) == Nanos{1'500'000'000});
  CHECK(std::get<Nanos>(*parse_trace_point("20ms")) == Nanos{20'000'000});
  CHECK(std::get<Nanos>(*parse_trace_point("0.5us")) == Nanos{500});
  CHECK(std::get<Nanos>(*parse_trace_point("7ns")) == Nanos{7});
  CHECK(std::holds_alternative<TraceEnd>(*parse_trace_point("end")));
}

TEST_CASE("what is no point says what one looks like") {
  for (const char* text :
       {"", "noon", "-1", "1.5", "5m", "1e30s", "nans", "12 ms", "0x10", "ends"}) {
    INFO(text);
    const auto point = parse_trace_point(text);
    REQUIRE_FALSE(point);
    CHECK(point.error().fault == Fault::usage);
    CHECK(point.error().advice.find("end") != std::string::npos);
  }
}
