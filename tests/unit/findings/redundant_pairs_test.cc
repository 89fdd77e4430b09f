// Which delete and which create make a pair, and of which sort.
#include "analyzer/findings/redundant_pairs.h"

#include "tests/support/calls.h"
#include "tests/support/findings.h"

using namespace slotscope;
using test::make_call;

namespace {

constexpr uint64_t page = 0x1000;

Call set(uint16_t slot, uint64_t gpa, uint64_t pages, uint64_t hva = 0x7f0000000000,
         uint32_t flags = 0) {
  return make_call({.slot = slot, .flags = flags, .gpa = gpa, .size = pages * page, .hva = hva});
}
Call del(uint16_t slot) { return make_call({.slot = slot}); }
Call in_smm(Call call) {
  call.as = AsId{1};
  return call;
}
Call at(Call call, int64_t us) {
  call.time = Nanos{us * 1000};
  return call;
}

PairFindings pairs_of(const std::vector<Call>& calls) { return test::findings_of(calls).pairs; }

struct Case {
  const char* what;
  std::vector<Call> calls;
  uint64_t redundant, restored;
};

}  // namespace

TEST_CASE("pairs") {
  const Case cases[] = {
      {"the identical slot comes back", {set(0, 0, 4), del(0), set(0, 0, 4)}, 1, 0},
      {"under another number", {set(0, 0, 4), del(0), set(7, 0, 4)}, 1, 0},
      {"another size", {set(0, 0, 4), del(0), set(0, 0, 5)}, 0, 0},
      {"another host address", {set(0, 0, 4), del(0), set(0, 0, 4, 0x7e0000000000)}, 0, 0},
      {"other flags", {set(0, 0, 4), del(0), set(0, 0, 4, 0x7f0000000000, 1)}, 0, 0},
      {"another address space", {set(0, 0, 4), del(0), in_smm(set(0, 0, 4))}, 0, 0},
      {"something overlapped in between",
       {set(0, 0, 4), del(0), set(1, page, 1), del(1), set(0, 0, 4)},
       0,
       1},
      {"something merely touched the end",
       {set(0, 0, 4), del(0), set(1, 4 * page, 1), set(0, 0, 4)},
       1,
       0},
      {"a lower slot reached into it",
       {set(0, 4 * page, 4), del(0), set(1, 0, 5), del(1), set(0, 4 * page, 4)},
       0,
       1},
      {"the other address space used the range",
       {set(0, 0, 4), del(0), in_smm(set(1, 0, 4)), set(0, 0, 4)},
       1,
       0},
      {"a rejected call touches nothing",
       {set(0, 0, 4), del(0), make_call({.slot = 1, .size = page, .ret = -12}), set(0, 0, 4)},
       1,
       0},
      {"a slot that moved in and out again",
       {set(0, 0, 4), set(1, 8 * page, 1), del(0), set(1, page, 1), set(1, 8 * page, 1),
        set(0, 0, 4)},
       0,
       1},
      {"twice", {set(0, 0, 4), del(0), set(0, 0, 4), del(0), set(0, 0, 4)}, 2, 0},
      {"a part of it makes no pair, the whole does",
       {set(0, 0, 4), del(0), set(0, 0, 2), del(0), set(0, 0, 4), del(0), set(0, 0, 2)},
       0,
       2},
  };
  for (const Case& one : cases) {
    CAPTURE(one.what);
    const PairFindings pairs = pairs_of(one.calls);
    CHECK(pairs.redundant == one.redundant);
    CHECK(pairs.restored == one.restored);
    CHECK(pairs.forgotten == 0);
  }
}

TEST_CASE("a pair tells its calls and how long the slot was away") {
  const PairFindings pairs = pairs_of({at(set(0, 0, 4), 10), at(del(0), 20), at(set(0, 0, 4), 50)});
  REQUIRE(pairs.largest_redundant.size() == 1);
  const SlotPair& pair = pairs.largest_redundant.front();
  CHECK(pair.calls == CallSpan{{2}, {3}});
  CHECK(pair.away == Nanos{30'000});
  CHECK(pair.slot.size == Bytes{4 * page});
  CHECK(pairs.redundant_bytes == Bytes{4 * page});
  CHECK_FALSE(pair.uncertain);
  CHECK(pairs.flapping == 0);
}

TEST_CASE("flapping: two round trips or more, with the period from delete to delete") {
  const PairFindings pairs =
      pairs_of({at(set(0, 0, 4), 0), at(del(0), 100), at(set(0, 0, 4), 110), at(del(0), 300),
                at(set(0, 0, 4), 310), at(del(0), 500), at(set(0, 0, 4), 510)});
  REQUIRE(pairs.most_flapping.size() == 1);
  const Flapping& one = pairs.most_flapping.front();
  CHECK(one.redundant == 3);
  CHECK(one.calls == CallSpan{{2}, {7}});
  CHECK(one.period == Nanos{200'000});
}

TEST_CASE("what lives longer than the history is counted as forgotten") {
  std::vector<Call> calls;
  const uint64_t many = 2 * SlotHistories::generation_size + 1;
  for (uint64_t i = 0; i < many; ++i) {
    calls.push_back(set(0, i * page, 1, 0x7f0000000000 + i * page));
    calls.push_back(del(0));
  }
  calls.push_back(set(0, (many - 1) * page, 1, 0x7f0000000000 + (many - 1) * page));
  calls.push_back(set(1, 0, 1));
  const PairFindings pairs = pairs_of(calls);
  CHECK(pairs.redundant == 1);  // the youngest, not the oldest
  CHECK(pairs.forgotten == SlotHistories::generation_size);
}

TEST_CASE("a slot that keeps coming back is never forgotten") {
  std::vector<Call> calls = {set(9, 1 << 30, 1)};
  const uint64_t many = 2 * SlotHistories::generation_size + 1;
  for (uint64_t i = 0; i < many; ++i) {
    calls.push_back(set(0, i * page, 1, 0x7f0000000000 + i * page));
    calls.push_back(del(0));
    if (i % 1000 == 0) {
      calls.push_back(del(9));
      calls.push_back(set(9, uint64_t{1} << 40, 1));
      calls.push_back(del(9));
      calls.push_back(set(9, 1 << 30, 1));
    }
  }
  const PairFindings pairs = pairs_of(calls);
  const uint64_t trips = (many + 999) / 1000;
  CHECK(pairs.flapping == 2);
  CHECK(pairs.most_flapping.front().round_trips() == trips);
}
