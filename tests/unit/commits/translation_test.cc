// What a commit changed, what it tore down for nothing, and its holes. Every case is one commit by
// the inference's rules (deletes upwards, then creates upwards), after a first one that sets up.
#include "analyzer/commits/translation.h"

#include "tests/support/findings.h"
#include "tests/support/page_calls.h"

using namespace slotscope;
using test::del;
using test::in_commits;
using test::map;
using test::page;

namespace {

struct Case {
  const char* what;
  std::vector<Call> before, commit;
  uint64_t changed, collateral, torn_down, holes, hole_pages;  // pages, of the commit alone
};

}  // namespace

TEST_CASE("one commit's translation") {
  const Case cases[] = {
      {"a slot comes", {}, {map(0, 0, 8, 0)}, 8, 0, 0, 0, 0},
      {"a slot goes", {map(0, 0, 8, 0)}, {del(0)}, 8, 0, 8, 0, 0},
      {"a slot is split around other memory",
       {map(0, 0, 8, 0)},
       {del(0), map(0, 0, 2, 0), map(1, 2, 1, 100), map(2, 3, 5, 3)},
       1,
       7,
       8,
       1,
       8},
      {"a slot is cut: a part is gone",
       {map(0, 0, 8, 0)},
       {del(0), map(0, 0, 2, 0), map(1, 3, 5, 3)},
       1,
       7,
       8,
       2,
       7},
      {"two slots become one",
       {map(0, 0, 4, 0), map(1, 4, 4, 4)},
       {del(0), del(1), map(0, 0, 8, 0)},
       0,
       8,
       8,
       1,
       8},
      {"READONLY is a change of the translation",
       {map(0, 0, 8, 0)},
       {del(0), map(0, 0, 8, 0, slot_flag::readonly)},
       8,
       0,
       8,
       1,
       8},
      {"log_dirty is none",
       {map(0, 0, 8, 0)},
       {del(0), map(0, 0, 8, 0, slot_flag::log_dirty)},
       0,
       8,
       8,
       1,
       8},
      {"flags in place leave no hole",
       {map(0, 0, 8, 0)},
       {map(0, 0, 8, 0, slot_flag::log_dirty)},
       0,
       0,
       0,
       0,
       0},
      {"a move changes both places and tears nothing down",
       {map(0, 0, 8, 0)},
       {map(0, 16, 8, 0)},
       16,
       0,
       0,
       0,
       0},
      {"other memory at the same place",
       {map(0, 0, 8, 0)},
       {del(0), map(0, 0, 8, 50)},
       8,
       0,
       8,
       1,
       8},
      {"what comes and goes inside the commit has no effect",
       {map(0, 0, 8, 0)},
       {map(1, 20, 4, 20), del(1)},
       0,
       0,
       0,
       0,
       0},
      {"gone, replaced and back inside one commit",
       {map(0, 0, 8, 0)},
       {del(0), map(1, 0, 8, 50), del(1), map(0, 0, 8, 0)},
       0,
       8,
       8,
       1,
       8},
      {"creates in no order",
       {map(0, 0, 8, 0)},
       {del(0), map(2, 3, 5, 3), map(0, 0, 3, 0)},
       0,
       8,
       8,
       1,
       8},
      {"holes that do not touch stay apart",
       {map(0, 0, 2, 0), map(1, 4, 2, 4)},
       {del(0), del(1), map(0, 0, 2, 0), map(1, 4, 2, 4)},
       0,
       4,
       4,
       2,
       4},
  };
  for (const Case& one : cases) {
    CAPTURE(one.what);
    const VmFindings setup = test::findings_of(
        in_commits({one.before.empty() ? std::vector{map(9, 99, 1, 99)} : one.before}));
    const VmFindings both = test::findings_of(
        in_commits({one.before.empty() ? std::vector{map(9, 99, 1, 99)} : one.before, one.commit}));
    CHECK(both.collateral.changed - setup.collateral.changed == Bytes{one.changed * page});
    CHECK(both.collateral.collateral == Bytes{one.collateral * page});
    CHECK(both.collateral.torn_down == Bytes{one.torn_down * page});
    CHECK(both.holes.count == one.holes);
    CHECK(both.holes.bytes == Bytes{one.hole_pages * page});
  }
}

TEST_CASE("a hole lasts from the delete's return to the last create's") {
  std::vector<Event> events =
      in_commits({{map(0, 0, 8, 0)}, {del(0), map(0, 0, 2, 0), map(1, 2, 6, 2)}});
  int64_t ms = 0;
  for (Event& event : events) std::get<Call>(event).time = Nanos{1'000'000 * ++ms};
  const VmFindings findings = test::findings_of(events);
  REQUIRE(findings.holes.largest.size() == 1);
  const Hole& hole = findings.holes.largest.front();
  CHECK(hole.duration == Nanos{2'000'000});
  CHECK(hole.calls == CallSpan{{2}, {4}});
  CHECK(hole.range == GpaRange{{0}, {8 * page}});
  CHECK(hole.commit == CommitId{2});
  CHECK(findings.holes.longest == Nanos{2'000'000});
}

TEST_CASE("after a loss every finding is uncertain") {
  std::vector<Event> events = in_commits({{map(0, 0, 8, 0)}});
  events.push_back(Loss{.time = {}, .vm = VmId{1}, .count = 1});
  for (const Event& event :
       in_commits({{}, {del(0), map(0, 0, 2, 0), map(1, 2, 6, 2)}, {del(0)}, {map(0, 0, 2, 0)}})) {
    events.push_back(event);
  }
  const VmFindings findings = test::findings_of(events);
  CHECK(findings.uncertain_from == CallNumber{2});
  REQUIRE(findings.holes.count == 1);
  CHECK(findings.holes.largest.front().uncertain);
  REQUIRE(findings.pairs.redundant == 1);
  CHECK(findings.pairs.largest_redundant.front().uncertain);
  REQUIRE(findings.collateral.largest.size() == 1);
  CHECK(findings.collateral.largest.front().uncertain);
}

TEST_CASE("a delete of a slot that the trace never showed makes what follows uncertain") {
  const VmFindings findings = test::findings_of(in_commits({{map(0, 0, 8, 0)}, {del(5)}}));
  CHECK(findings.uncertain_from == CallNumber{2});
}
