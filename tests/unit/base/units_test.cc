#include "analyzer/base/units.h"

#include "analyzer/base/range.h"
#include "tests/support/catch.h"

using namespace slotscope;

namespace {
constexpr Nanos longest{INT64_MAX}, shortest{INT64_MIN};
constexpr uint64_t all = UINT64_MAX;
}  // namespace

TEST_CASE("times stay at the ends of their scale") {
  CHECK(longest + Nanos{1} == longest);
  CHECK(longest + longest == longest);
  CHECK(shortest + Nanos{-1} == shortest);
  CHECK(longest - Nanos{-1} == longest);
  CHECK(shortest - Nanos{1} == shortest);
  CHECK(Nanos{0} - shortest == longest);
  CHECK(longest + shortest == Nanos{-1});
  CHECK(magnitude(shortest) == longest);
  Nanos sum = longest;
  CHECK((sum += longest) == longest);
}

TEST_CASE("sizes and addresses do not wrap") {
  CHECK(Bytes{all} + Bytes{1} == Bytes{all});
  CHECK(Bytes{1} - Bytes{2} == Bytes{0});
  CHECK(Gpa{all - 1} + Bytes{5} == Gpa{all});
  CHECK(Hva{all - 1} + Bytes{5} == Hva{all});
  CHECK(Gpa{1} - Gpa{2} == Bytes{0});
  CHECK(Hva{1} - Hva{2} == Bytes{0});
  Bytes sum{all};
  CHECK((sum += Bytes{all}) == Bytes{all});
  CHECK((sum -= Bytes{all}) == Bytes{0});
}

TEST_CASE("what can't be told in 64 bits is told by wraps()") {
  CHECK_FALSE(wraps(Gpa{0}, Bytes{all}));
  CHECK_FALSE(wraps(Gpa{all}, Bytes{0}));
  CHECK(wraps(Gpa{all}, Bytes{1}));
  CHECK(wraps(Bytes{2}, Bytes{all}));
  CHECK(GpaRange::of(Gpa{all - 1}, Bytes{all}).size() == Bytes{1});
}

TEST_CASE("counts of a trace saturate") {
  CHECK(saturating_sum<uint64_t>(all, all) == all);
  CHECK(saturating_sum<int64_t>(-1, INT64_MIN) == INT64_MIN);
  CHECK(saturating_difference<uint64_t>(0, 1) == 0);
  CHECK(saturating_difference<int64_t>(0, INT64_MIN) == INT64_MAX);
}
