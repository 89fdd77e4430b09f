// The two boots that slotscope was written to explain, figure by figure.
#include "tests/support/findings.h"

using namespace slotscope;

namespace {

struct Expected {
  const char* trace;
  uint64_t calls, commits, redundant, restored, holes, collateral, mirrors, minimal, floor;
};

constexpr Expected notes[] = {
    {"notes/smm-off.log", 52, 24, 7, 1, 6, 12'882'812'928, 0, 52, 10},
    {"notes/smm-on.log", 112, 28, 14, 6, 17, 32'208'732'160, 44, 112, 20},
};

}  // namespace

TEST_CASE("the figures of the notes") {
  for (const Expected& expected : notes) {
    CAPTURE(expected.trace);
    const test::ReadTrace trace = test::read_shipped(expected.trace);
    const VmFindings findings = test::findings_of(trace.events, trace.info.faithful);
    const std::vector<test::SeenCommit> commits =
        test::commits_of(trace.events, trace.info.faithful);
    CHECK(trace.calls().size() == expected.calls);
    CHECK(commits.size() == expected.commits);
    CHECK(findings.pairs.redundant == expected.redundant);
    CHECK(findings.pairs.restored == expected.restored);
    CHECK(findings.holes.count == expected.holes);
    CHECK(findings.collateral.collateral.value == expected.collateral);
    CHECK(findings.mirrors.count == expected.mirrors);
    CHECK(findings.minimal.per_commit == expected.minimal);
    CHECK(findings.minimal.floor == expected.floor);
    CHECK_FALSE(findings.uncertain_from);
  }
}

TEST_CASE("what the notes ask about: one display BAR in each address space, seven times") {
  const test::ReadTrace trace = test::read_shipped("notes/smm-on.log");
  const VmFindings findings = test::findings_of(trace.events, trace.info.faithful);
  REQUIRE(findings.pairs.flapping == 2);
  for (const Flapping& one : findings.pairs.most_flapping) {
    CHECK(one.slot.gpa == Gpa{0xfd000000});
    CHECK(one.slot.size == Bytes{16 << 20});
    CHECK(one.redundant == 7);
    CHECK(one.restored == 0);
    CHECK_FALSE(one.period);
  }
}

TEST_CASE("the causes of the notes' commits") {
  const test::ReadTrace trace = test::read_shipped("notes/smm-on.log");
  const VmFindings findings = test::findings_of(trace.events, trace.info.faithful);
  struct Row {
    CauseKind cause;
    uint64_t calls, commits;
    bool operator==(const Row&) const = default;
  };
  std::vector<Row> rows;
  for (const CauseTotals& one : findings.causes.causes) {
    rows.push_back({one.cause.rule->cause, one.calls, one.commits});
  }
  CHECK(rows == std::vector<Row>{{CauseKind::pam, 49, 4},
                                 {CauseKind::bar, 30, 15},
                                 {CauseKind::board_init, 10, 4},
                                 {CauseKind::smram, 9, 2},
                                 {CauseKind::listener_registration, 6, 1},
                                 {CauseKind::expansion_rom, 4, 2},
                                 {CauseKind::expansion_rom, 4, 2}});
}
