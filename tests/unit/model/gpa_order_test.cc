#include "analyzer/model/gpa_order.h"

#include <map>
#include <random>

#include "tests/support/catch.h"

using namespace slotscope;

namespace {

using Expected = std::map<Gpa, uint32_t>;

void check_same(const GpaOrder& order, const Expected& expected) {
  auto at = order.begin();
  for (const auto& [gpa, index] : expected) {
    REQUIRE(at != order.end());
    REQUIRE(order[at].gpa == gpa);
    REQUIRE(order[at].index == index);
    at = order.next(at);
  }
  REQUIRE(at == order.end());
}

void check_lower_bound(const GpaOrder& order, const Expected& expected, Gpa gpa) {
  const auto wanted = expected.lower_bound(gpa);
  const GpaOrder::Position at = order.lower_bound(gpa);
  REQUIRE((at == order.end()) == (wanted == expected.end()));
  if (wanted == expected.end()) return;
  REQUIRE(order[at].gpa == wanted->first);
  if (wanted == expected.begin()) {
    REQUIRE(at == order.begin());
  } else {
    REQUIRE(order[order.previous(at)].gpa == std::prev(wanted)->first);
  }
}

}  // namespace

TEST_CASE("an empty order has no entry at or above anything") {
  GpaOrder order;
  CHECK(order.begin() == order.end());
  CHECK(order.lower_bound(Gpa{0}) == order.end());
}

// Few addresses keep one block, many split blocks and empty them again.
TEST_CASE("the order is that of a sorted map, however it grew and shrank") {
  std::mt19937_64 dice(5);
  for (const uint64_t places : {8, 60, 3000}) {
    GpaOrder order;
    Expected expected;
    for (uint32_t step = 0; step < 20'000; ++step) {
      const Gpa gpa{dice() % places << 12};
      const bool growing = step / 4000 % 2 == 0;
      if (expected.count(gpa)) {
        if (growing && dice() % 4) continue;
        order.erase(gpa);
        expected.erase(gpa);
      } else if (growing || dice() % 4 == 0) {
        order.insert(gpa, step);
        expected.emplace(gpa, step);
      }
      check_lower_bound(order, expected, Gpa{dice() % (places + 1) << 12});
      if (step % 500 == 0) check_same(order, expected);
    }
    check_same(order, expected);
  }
}
