#include "analyzer/capture/recording.h"

#include "tests/support/calls.h"
#include "tests/support/catch.h"

namespace slotscope {
namespace {

using test::CallFields;

// In the ioctl from `entry` to `exit`.
Call call_at(int64_t entry, int64_t exit, const CallFields& fields) {
  Call call = test::make_call(fields);
  call.time = Nanos{exit};
  call.duration = Nanos{exit - entry};
  return call;
}

SpaceSnapshot snapshot_at(int64_t begin, int64_t end, std::vector<Call> slots) {
  SpaceSnapshot snapshot;
  snapshot.vm = VmId{1};
  snapshot.begin = Nanos{begin};
  snapshot.end = Nanos{end};
  for (Call& slot : slots) slot.origin = Origin::snapshot;
  snapshot.slots = std::move(slots);
  return snapshot;
}

class Written {
 public:
  Recording recording{newest_kernel(), [this](const Event& event, const Step*) {
                        events.push_back(event);
                        return ok();
                      }};
  std::vector<Event> events;

  size_t calls(Origin origin) const {
    size_t count = 0;
    for (const Event& event : events) {
      const Call* call = std::get_if<Call>(&event);
      count += call && call->origin == origin;
    }
    return count;
  }
};

constexpr CallFields slot_a{.slot = 1, .gpa = 0x1000, .size = 0x1000};
constexpr CallFields slot_b{.slot = 2, .gpa = 0x4000, .size = 0x1000};
constexpr CallFields no_b{.slot = 2, .gpa = 0x4000};

TEST_CASE("calls that the snapshot shows are not told again") {
  struct {
    const char* what;
    int64_t entry, exit;
    CallFields call;
    bool b_was_there;
    bool told;
  } const cases[] = {
      {"over before the snapshot", 10, 90, slot_b, true, false},
      {"begun after it", 210, 300, no_b, true, true},
      {"under way, effect there", 50, 150, slot_b, true, false},
      {"under way, effect not there yet", 50, 250, slot_b, false, true},
      {"a delete under way, effect there", 150, 250, no_b, false, false},
      {"a delete under way, effect not there yet", 150, 250, no_b, true, true},
  };
  for (const auto& expected : cases) {
    INFO(expected.what);
    Written written;
    std::vector<Call> slots = {test::make_call(slot_a)};
    if (expected.b_was_there) slots.push_back(test::make_call(slot_b));
    const Call call = call_at(expected.entry, expected.exit, expected.call);
    // The record of a call comes when it is over, before or after the snapshot's.
    std::vector<Observation> seen = {Event(call), snapshot_at(100, 200, slots)};
    REQUIRE(written.recording.start(seen));
    CHECK(written.calls(Origin::snapshot) == slots.size());
    CHECK(written.calls(Origin::traced) == size_t{expected.told});
  }
}

TEST_CASE("a call that began before the capture counts only if its effect is missing") {
  for (const bool there : {false, true}) {
    Written written;
    std::vector<Call> slots;
    if (there) slots.push_back(test::make_call(slot_b));
    REQUIRE(written.recording.start({snapshot_at(100, 200, slots)}));
    Call call = call_at(0, 300, slot_b);
    call.duration.reset();
    REQUIRE(written.recording.add(Event(call)));
    CHECK(written.calls(Origin::traced) == size_t{!there});
  }
}

TEST_CASE("slots of running VMs stand before every call") {
  Written written;
  REQUIRE(written.recording.start(
      {Event(call_at(210, 220, slot_b)), snapshot_at(100, 200, {test::make_call(slot_a)})}));
  REQUIRE(written.events.size() == 2);
  CHECK(std::get<Call>(written.events[0]).origin == Origin::snapshot);
  CHECK(std::get<Call>(written.events[1]).origin == Origin::traced);
  CHECK(written.recording.totals().calls == 1);
  CHECK(written.recording.totals().snapshot_slots == 1);
  CHECK(written.recording.slots() == 2);
}

TEST_CASE("a VM that was created under the capture's eyes needs no snapshot") {
  Written written;
  REQUIRE(written.recording.start({Event(VmMark{.time = {}, .vm = VmId{1}, .pid = Pid{7}}),
                                   Event(call_at(10, 20, slot_a)),
                                   snapshot_at(100, 200, {test::make_call(slot_a)})}));
  CHECK(written.calls(Origin::snapshot) == 0);
  CHECK(written.calls(Origin::traced) == 1);
}

TEST_CASE("the kernel's slots at the end are there when every VM showed them") {
  Written written;
  const auto start = [](uint32_t vm) {
    return Event(VmMark{.time = {}, .vm = VmId{vm}, .pid = Pid{7}});
  };
  REQUIRE(written.recording.start({}));
  REQUIRE(written.recording.add(start(1)));
  REQUIRE(written.recording.add(Event(call_at(10, 20, slot_a))));
  CHECK(written.recording.kernel_slots().empty());
  REQUIRE(written.recording.add(snapshot_at(100, 200, {test::make_call(slot_b)})));
  SpaceSnapshot torn = snapshot_at(300, 400, {});
  torn.complete = false;
  REQUIRE(written.recording.add(torn));
  const std::vector<Call> slots = written.recording.kernel_slots();
  REQUIRE(slots.size() == 1);
  CHECK(slots[0].slot == SlotId{2});
  REQUIRE(written.recording.add(start(2)));
  CHECK(written.recording.kernel_slots().empty());
}

TEST_CASE("a snapshot of two states seeds nothing") {
  Written written;
  SpaceSnapshot torn = snapshot_at(100, 200, {test::make_call(slot_a)});
  torn.one_state = false;
  REQUIRE(written.recording.start({torn, Event(call_at(10, 20, slot_b))}));
  CHECK(written.calls(Origin::snapshot) == 0);
  CHECK(written.calls(Origin::traced) == 1);
}

TEST_CASE("later snapshots are compared with the calls so far") {
  Written written;
  REQUIRE(written.recording.start({snapshot_at(100, 200, {test::make_call(slot_a)})}));
  SpaceSnapshot after = snapshot_at(400, 500, {test::make_call(slot_a), test::make_call(slot_b)});
  after.generation = 1;
  REQUIRE(written.recording.add(after));
  const SpaceCheck& early = written.recording.checks().at({VmId{1}, AsId{0}});
  CHECK(early.differing_slots == 1);
  CHECK(early.surplus_swaps == 1);
  REQUIRE(written.recording.add(Event(call_at(210, 220, slot_b))));
  REQUIRE(written.recording.add(after));
  CHECK(written.recording.checks().at({VmId{1}, AsId{0}}).agrees());
}

TEST_CASE("a look that came to nothing does not undo one that told something") {
  Written written;
  REQUIRE(written.recording.add(snapshot_at(100, 200, {test::make_call(slot_a)})));
  SpaceSnapshot torn = snapshot_at(300, 400, {});
  torn.complete = false;
  REQUIRE(written.recording.add(torn));
  CHECK(written.recording.checks().at({VmId{1}, AsId{0}}).usable);
  REQUIRE(written.recording.add(snapshot_at(500, 600, {})));
  CHECK(written.recording.checks().at({VmId{1}, AsId{0}}).kernel_slots == 0);
}

TEST_CASE("losses are counted by what was lost") {
  Written written;
  REQUIRE(written.recording.add(Event(Loss{.time = {}, .count = 3})));
  REQUIRE(written.recording.add(
      Event(Loss{.time = {}, .count = 1, .reason = Loss::Reason::undecoded})));
  CHECK(written.recording.totals().lost == 3);
  CHECK(written.recording.totals().undecoded == 1);
}

TEST_CASE("a write that fails is handed on") {
  Recording recording(newest_kernel(), [](const Event&, const Step*) -> Status {
    return Diagnostic{.fault = Fault::environment, .message = "disk full"};
  });
  const Status status = recording.add(Event(call_at(1, 2, slot_a)));
  REQUIRE_FALSE(status);
  CHECK(status.error().message == "disk full");
}

}  // namespace
}  // namespace slotscope
