#include "analyzer/event/payload_numbers.h"

#include <map>
#include <random>
#include <tuple>

#include "tests/support/calls.h"
#include "tests/support/catch.h"

using namespace slotscope;
using test::make_call;

TEST_CASE("calls have the same hint only when they say the same") {
  std::mt19937_64 dice(1);
  for (const uint64_t places : {4, 40000}) {
    PayloadNumbers numbers;
    std::map<uint32_t, std::tuple<AsId, SlotId, uint32_t, Gpa, Bytes, Hva, int32_t>> said;
    uint64_t repeated = 0;
    for (int i = 0; i < 100000; ++i) {
      const uint64_t at = dice() % places;
      Call call = make_call({.as = static_cast<uint16_t>(dice() % 2),
                             .slot = static_cast<uint16_t>(at % 7),
                             .flags = static_cast<uint32_t>(dice() % 2),
                             .gpa = at << 12,
                             .size = dice() % 2 << 12,
                             .hva = at << 20,
                             .ret = dice() % 9 ? 0 : -22});
      EventBatch batch{call};
      numbers.hint(batch);
      const uint32_t hint = std::get<Call>(batch.front()).payload.id.value;
      const auto says =
          std::tuple(call.as, call.slot, call.flags, call.gpa, call.size, call.hva, call.ret);
      const auto [known, first] = said.emplace(hint, says);
      REQUIRE(known->second == says);
      REQUIRE(hint % 2 == 0);
      repeated += !first;
    }
    CHECK(repeated > 1000);
  }
}

TEST_CASE("a call that says more than the numbers hold, or has a hint, is left alone") {
  PayloadNumbers numbers;
  Call memfd = make_call({.flags = slot_flag::guest_memfd});
  Call hinted = make_call({});
  hinted.payload.id.value = 7;
  EventBatch batch{memfd, hinted, make_call({.flags = 0x10000}), make_call({.ret = -100000})};
  numbers.hint(batch);
  const uint32_t expected[] = {0, 7, 0, 0};
  for (size_t i = 0; i < batch.size(); ++i) {
    CHECK(std::get<Call>(batch[i]).payload.id.value == expected[i]);
  }
}
