// Which commits change nothing that KVM sees, and how many slots the memory needs.
#include "analyzer/findings/idle.h"

#include <random>

#include "analyzer/findings/slots_needed.h"
#include "tests/support/findings.h"
#include "tests/support/page_calls.h"

using namespace slotscope;
using test::del;
using test::in_commits;
using test::map;
using test::page;

namespace {

constexpr uint32_t log = slot_flag::log_dirty, ro = slot_flag::readonly;

Call in_smm(Call call) {
  call.as = AsId{1};
  return call;
}

struct Case {
  const char* what;
  std::vector<Call> before, commit;
  uint64_t commits, calls, pages;
};

const Case cases[] = {
    {"cut in two", {map(0, 0, 8, 0)}, {del(0), map(0, 0, 4, 0), map(1, 4, 4, 4)}, 1, 3, 8},
    {"joined", {map(0, 0, 4, 0), map(1, 4, 4, 4)}, {del(0), del(1), map(0, 0, 8, 0)}, 1, 3, 8},
    {"put back as it was", {map(0, 0, 8, 0)}, {del(0), map(3, 0, 8, 0)}, 1, 2, 8},
    {"only a new number, out of order", {map(0, 0, 8, 0)}, {map(1, 8, 1, 9), del(1)}, 1, 2, 1},
    {"a byte is missing", {map(0, 0, 8, 0)}, {del(0), map(0, 0, 4, 0), map(1, 5, 3, 5)}, 0, 0, 0},
    {"a part is another's", {map(0, 0, 8, 0)}, {del(0), map(0, 0, 4, 0), map(1, 4, 4, 5)}, 0, 0, 0},
    {"a part is read-only",
     {map(0, 0, 8, 0)},
     {del(0), map(0, 0, 4, 0), map(1, 4, 4, 4, ro)},
     0,
     0,
     0},
    {"it logs: the new slots have new bitmaps",
     {map(0, 0, 262144, 0, log)},
     {del(0), map(0, 0, 131072, 0, log), map(1, 131072, 131072, 131072, log)},
     0,
     0,
     0},
    {"only flags change", {map(0, 0, 8, 0)}, {map(0, 0, 8, 0, log)}, 0, 0, 0},
    {"flags that come and go make no slot",
     {map(0, 0, 8, 0)},
     {map(0, 0, 8, 0, log), map(0, 0, 8, 0)},
     0,
     0,
     0},
    {"moved", {map(0, 0, 8, 0)}, {map(0, 16, 8, 0)}, 0, 0, 0},
    {"idle in one address space alone",
     {map(0, 0, 8, 0)},
     {del(0), map(0, 0, 4, 0), map(1, 4, 4, 4), in_smm(map(0, 0, 8, 0))},
     0,
     3,
     8},
};

// By looking at every slot at the end of every commit.
uint64_t peak_by_counting(const std::vector<Event>& events) {
  Model model(newest_kernel(), true);
  uint64_t peak = 0;
  CommitId commit;
  const auto count = [&] {
    uint64_t needed = 0;
    for (const auto& [id, vm] : model.vms()) {
      for (const auto& space : vm->state.address_spaces()) {
        needed += count_slots_needed(space->slots);
      }
    }
    peak = std::max(peak, needed);
  };
  for (const Event& event : events) {
    const Call* call = std::get_if<Call>(&event);
    if (call && call->commit != commit) count();
    if (call) commit = call->commit;
    model.apply(event);
  }
  count();
  return peak;
}

// Valid calls only: a few pages come, go and change hands, in a few address spaces.
std::vector<Event> random_commits(uint32_t seed) {
  std::mt19937 dice(seed);
  Model model(newest_kernel(), true);
  std::vector<Event> events;
  std::map<std::tuple<AsId, SlotId, Gpa, Bytes, Hva, uint32_t>, uint32_t> numbers;
  uint64_t commit = 1;
  while (events.size() < 300) {
    const uint64_t first = dice() % 12;
    Call call = map(static_cast<uint16_t>(dice() % 8), first, dice() % 3 ? 1 + dice() % 3 : 0,
                    first + (dice() % 5 == 0), dice() % 4 == 0 ? log : 0);
    call.as = AsId{static_cast<uint16_t>(dice() % 2)};
    commit += dice() % 3 == 0;
    call.commit = CommitId{commit};
    const auto key = std::tuple(call.as, call.slot, call.gpa, call.size, call.hva, call.flags);
    call.payload.id.value =
        numbers.emplace(key, static_cast<uint32_t>(numbers.size()) + 1).first->second;
    call.ret = 0;
    if (!model.vms().empty()) {
      const AddressSpace* space = model.vms().begin()->second->state.address_space(call.as);
      if (predict(call, space ? space->slots : SlotMap(), newest_kernel()).ret != 0) continue;
    } else if (call.size.value == 0) {
      continue;
    }
    model.apply(call);
    events.push_back(call);
  }
  return events;
}

}  // namespace

TEST_CASE("a commit is idle when every byte keeps its view and no log is lost") {
  for (const Case& one : cases) {
    const VmFindings findings = test::findings_of(in_commits({one.before, one.commit}));
    CAPTURE(one.what);
    CHECK(findings.idle.commits == one.commits);
    CHECK(findings.idle.calls == one.calls);
    CHECK(findings.idle.bytes == Bytes{one.pages * page});
    CHECK(findings.idle.largest.size() == (one.calls > 0));
  }
}

TEST_CASE("nothing is idle where the state is uncertain") {
  const Case& cut = cases[0];
  std::vector<Event> events = in_commits({cut.before, cut.commit});
  events.insert(events.begin() + 1, Loss{});
  CHECK(test::findings_of(events).idle.calls == 0);
  // A slot from before the trace.
  CHECK(test::findings_of(in_commits({{del(7)}, cut.before, cut.commit})).idle.calls == 0);
}

TEST_CASE("the slots that are needed are followed without a look at all of them") {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    const std::vector<Event> events = random_commits(seed);
    const VmFindings findings = test::findings_of(events);
    CAPTURE(seed);
    REQUIRE_FALSE(findings.uncertain_from);
    CHECK(findings.slots_needed.peak == peak_by_counting(events));
    CHECK(findings.slots_needed.at_end <= findings.slots_needed.peak);
    CHECK(findings.slots_needed.at_end <= findings.minimal.floor);
  }
}

TEST_CASE("no slot is joined beyond what KVM takes") {
  SlotMap slots;
  for (uint16_t i = 0; i < 3; ++i) {
    const Call call = map(i, i * (uint64_t{1} << 30), uint64_t{1} << 30, i * (uint64_t{1} << 30));
    slots.insert(Slot::from(call));
  }
  CHECK(count_slots_needed(slots) == 3);
}

// The figures were found by another program, from the definitions alone.
TEST_CASE("idle commits of real boots") {
  struct Boot {
    const char* trace;
    uint64_t commits, calls, has, needs;
  };
  const Boot boots[] = {
      {"notes/smm-off.log", 2, 11, 10, 5},       {"notes/smm-on.log", 2, 23, 20, 9},
      {"qemu/7.2-pc-reset3.log", 14, 83, 9, 4},  {"qemu/7.2-pc-40g-smm-on-linux.log", 6, 73, 20, 9},
      {"qemu/7.2-q35-smm-on.log", 2, 23, 18, 7}, {"qemu/7.2-ovmf-q35-smm-off.log.gz", 0, 0, 9, 9},
  };
  for (const Boot& boot : boots) {
    const VmFindings findings = test::findings_of(test::read_shipped(boot.trace).events, false);
    CAPTURE(boot.trace);
    CHECK(findings.idle.commits == boot.commits);
    CHECK(findings.idle.calls == boot.calls);
    CHECK(findings.minimal.floor == boot.has);
    CHECK(findings.slots_needed.at_end == boot.needs);
  }
}
