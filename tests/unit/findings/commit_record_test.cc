// Findings are the same whether commits are worked out once or each time.
#include "analyzer/findings/commit_record.h"

#include <map>
#include <random>
#include <tuple>

#include "tests/support/calls.h"
#include "tests/support/findings.h"

using namespace slotscope;
using test::make_call;

namespace {

constexpr uint64_t page = 0x1000;
constexpr uint64_t ram = 0x7f0000000000;

// Commits out of a few phrases, so that most come back, by two threads and with times.
std::vector<Event> phrases(uint32_t seed) {
  std::mt19937 dice(seed);
  std::vector<std::vector<Call>> known(6);
  for (std::vector<Call>& phrase : known) {
    for (uint32_t n = 1 + dice() % 6; n > 0; --n) {
      const uint64_t first = dice() % 8;
      phrase.push_back(make_call({.as = static_cast<uint16_t>(dice() % 2),
                                  .slot = static_cast<uint16_t>(dice() % 5),
                                  .flags = static_cast<uint32_t>(dice() % 3),
                                  .gpa = first * page,
                                  .size = dice() % 3 ? (1 + dice() % 3) * page : 0,
                                  .hva = ram + first * page}));
    }
  }
  std::vector<Event> events;
  std::map<std::tuple<AsId, SlotId, Gpa, Bytes, uint32_t>, uint32_t> numbers;
  int64_t now = 0;
  for (int i = 0; i < 400; ++i) {
    const uint32_t tid = 1 + dice() % 8 / 7;
    for (Call call : known[dice() % known.size()]) {
      call.time = Nanos{now += 1000 + dice() % 200 * 1'000'000};
      call.duration = Nanos{500};
      call.tid = Tid{tid};
      const auto key = std::tuple(call.as, call.slot, call.gpa, call.size, call.flags);
      call.payload.id.value =
          numbers.emplace(key, static_cast<uint32_t>(numbers.size()) + 1).first->second;
      events.push_back(call);
    }
  }
  return events;
}

std::vector<Event> without_hints(std::vector<Event> events) {
  for (Event& event : events) std::get<Call>(event).payload = {};
  return events;
}

}  // namespace

TEST_CASE("what is remembered of a commit is what it would be worked out to be") {
  for (uint32_t seed = 0; seed < 30; ++seed) {
    const std::vector<Event> events = phrases(seed);
    const VmFindings hinted = test::findings_of(events, false);
    const VmFindings plain = test::findings_of(without_hints(events), false);
    CAPTURE(seed);
    CHECK(hinted.holes.count == plain.holes.count);
    CHECK(hinted.holes.time == plain.holes.time);
    CHECK(hinted.holes.longest == plain.holes.longest);
    CHECK(hinted.holes.largest.size() == plain.holes.largest.size());
    CHECK(hinted.collateral.collateral == plain.collateral.collateral);
    CHECK(hinted.collateral.torn_down == plain.collateral.torn_down);
    CHECK(hinted.mirrors.count == plain.mirrors.count);
    CHECK(hinted.minimal.per_commit == plain.minimal.per_commit);
    CHECK(hinted.idle.calls == plain.idle.calls);
    CHECK(hinted.slots_needed.peak == plain.slots_needed.peak);
    CHECK(hinted.pairs.redundant == plain.pairs.redundant);
    CHECK(hinted.pairs.restored == plain.pairs.restored);
    REQUIRE(hinted.causes.causes.size() == plain.causes.causes.size());
    for (size_t i = 0; i < plain.causes.causes.size(); ++i) {
      CHECK(hinted.causes.causes[i].cause.rule == plain.causes.causes[i].cause.rule);
      CHECK(hinted.causes.causes[i].calls == plain.causes.causes[i].calls);
      CHECK(hinted.causes.causes[i].time == plain.causes.causes[i].time);
      CHECK(hinted.causes.causes[i].collateral == plain.causes.causes[i].collateral);
    }
  }
}
