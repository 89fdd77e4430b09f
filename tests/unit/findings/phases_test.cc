#include "analyzer/findings/phases.h"

#include "tests/support/calls.h"
#include "tests/support/findings.h"

using namespace slotscope;
using namespace slotscope::test;

namespace {

// A slot of 32 KiB at 64 KiB times its id.
Call create(uint16_t slot) {
  return make_call({.slot = slot, .gpa = slot * 0x10000u, .size = 0x8000});
}
Call del(uint16_t slot) { return make_call({.slot = slot, .gpa = slot * 0x10000u}); }

Call timed(Call call, int64_t took) {
  call.duration = Nanos{took};
  call.tid = Tid{7};
  return call;
}

Annotation phases_of(uint32_t tid, int64_t zap) {
  CallPhases phases;
  phases[Phase::zap] = {true, 1, Nanos{zap}};
  return {.time = {}, .vm = VmId{1}, .tid = Tid{tid}, .note = phases};
}

Annotation cost_of(uint64_t faults, uint64_t exits) {
  return {.time = {}, .vm = VmId{1}, .tid = {}, .note = GuestCost{faults, exits}};
}

}  // namespace

TEST_CASE("phases are summed by the kind of the call before them") {
  const std::vector<Event> events = {
      timed(create(0), 100), phases_of(7, 0),  cost_of(1, 0),         timed(del(0), 200),
      phases_of(7, 50),      cost_of(10, 3),   timed(create(1), 300), phases_of(7, 0),
      timed(del(1), 400),    phases_of(7, 60), phases_of(8, 1000),
  };
  const PhaseFindings found = findings_of(events).phases;
  REQUIRE(found.kinds.size() == 2);
  CHECK(found.kinds[0].kind == UpdateKind::create);
  CHECK(found.kinds[0].calls == 2);
  CHECK(found.kinds[0].inside == Nanos{400});
  CHECK(found.kinds[0].then == GuestCost{1, 0});
  CHECK(found.kinds[1].kind == UpdateKind::del);
  CHECK(found.kinds[1].inside == Nanos{600});
  CHECK(found.kinds[1].phases[Phase::zap] == CallPhases::One{true, 2, Nanos{110}});
  CHECK(!found.kinds[1].phases[Phase::srcu_wait].measured);
  CHECK(found.kinds[1].then == GuestCost{10, 3});
}

TEST_CASE("a trace without phases has none") {
  CHECK(findings_of(std::vector<Call>{create(0), del(0)}).phases.kinds.empty());
  CHECK(findings_of(std::vector<Event>{phases_of(7, 5), create(0)}).phases.kinds.empty());
}
