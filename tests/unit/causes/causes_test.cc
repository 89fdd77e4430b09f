// Every rule of the table has a trace that it names, and what the VMM says agrees with what the
// signature alone tells.
#include "analyzer/causes/causes.h"

#include <cerrno>
#include <set>

#include "tests/support/calls.h"
#include "tests/support/findings.h"

using namespace slotscope;
using test::make_call;

namespace {

constexpr uint64_t ram = 0x7f0000000000, rom = 0x7e0000000000, vram = 0x7d0000000000;
constexpr uint64_t mib = 1 << 20, gib = 1 << 30;
constexpr uint32_t main_thread = 100, vcpu = 101;

using Commit = std::vector<Event>;

Call map(uint16_t slot, uint64_t gpa, uint64_t size, uint64_t hva, uint32_t flags = 0,
         uint16_t as = 0) {
  return make_call({.as = as, .slot = slot, .flags = flags, .gpa = gpa, .size = size, .hva = hva});
}
Call map_ram(uint16_t slot, uint64_t gpa, uint64_t end, uint16_t as = 0) {
  return map(slot, gpa, end - gpa, ram + gpa, 0, as);
}
Call map_rom(uint16_t slot, uint64_t gpa, uint64_t size) {
  return map(slot, gpa, size, rom + gpa, slot_flag::readonly);
}
Call del(uint16_t slot, uint16_t as = 0) { return make_call({.as = as, .slot = slot}); }

Event say(const Note& note) {
  return Annotation{.time = {}, .vm = VmId{1}, .tid = {}, .note = note};
}
Event wrote(const char* device, uint32_t offset) {
  return say(PciConfigWrite{.device = DeviceName(device), .at = {}, .offset = offset});
}
Event mapped(uint8_t bar, uint64_t address, uint64_t size) {
  return say(PciMapping{
      .device = DeviceName("VGA"), .at = {}, .bar = bar, .address = address, .size = Bytes{size}});
}

// A board of 1 GiB with ROM copies below 1 MiB, as pc has it when the guest begins.
const std::vector<Commit> board = {
    {map_ram(0, 0, gib)},
    {map_rom(1, 0xfffc0000, 0x40000)},
    {del(0), map_ram(0, 0, 0xa0000), map_rom(2, 0xc0000, 0x20000), map_rom(3, 0xe0000, 0x20000),
     map_ram(4, 0x100000, gib)},
};
// Firmware makes it all RAM: slots 0 and 2.
const Commit unlock = {del(2), del(3), del(4), map_ram(2, 0xc0000, gib)};
// RAM without a hole below 1 MiB, as other VMMs map it.
const Commit other_vmm = {map_ram(0, 0, gib)};
// The BAR of a display.
const Commit display = {map(3, 0xfd000000, 16 * mib, vram, slot_flag::log_dirty)};

struct Case {
  const char* rule;
  CauseKind cause;
  std::vector<Commit> before;  // after the board
  Commit commit;
  uint32_t before_tid = 0, tid = 0;
  int64_t later_ms = 0;  // than the commits before; 0: the trace has no times
  bool qemu_board = true;
};

using enum CauseKind;
const Case cases[] = {
    {"pam_register",
     pam,
     {},
     {wrote("i440FX", 0x58), del(2), del(3), del(4), map_ram(2, 0xc0000, gib)}},
    {"smram_register",
     smram,
     {unlock},
     {wrote("i440FX", 0x72), del(0), del(2), map_ram(0, 0, gib)}},
    {"tseg_register", tseg, {unlock}, {wrote("mch", 0x9e), del(2), map_ram(2, 0xc0000, gib - mib)}},
    {"rom_mapping",
     expansion_rom,
     {unlock},
     {mapped(6, 0xfebe0000, 0x10000), map_rom(3, 0xfebe0000, 0x10000)}},
    {"bar_mapping",
     bar,
     {unlock},
     {mapped(0, 0xfd000000, 16 * mib), map(3, 0xfd000000, 16 * mib, vram, slot_flag::log_dirty)}},
    {"global_dirty",
     dirty_logging,
     {unlock},
     {say(GlobalDirty{1}), map(0, 0, 0xa0000, ram, slot_flag::log_dirty)}},
    {"first_smm_slots",
     listener_registration,
     {},
     {map_ram(0, 0, 0xa0000, 1), map_ram(1, 0x100000, gib, 1)}},
    {"before_guest", board_init, {}, {map(5, 4 * gib, gib, ram + gib)}},
    {"log_flips", dirty_logging, {unlock}, {map(0, 0, 0xa0000, ram, slot_flag::log_dirty)}},
    {"main_thread_deletes", reset, {unlock, display}, {del(3)}, main_thread, main_thread},
    {"main_thread_smram",
     reset,
     {unlock, {del(0), map_ram(0, 0, 0x30000), map_ram(5, 0x50000, 0xa0000)}},
     {del(0), del(5), map_ram(0, 0, 0xa0000)},
     main_thread,
     main_thread},
    {"main_thread_vga",
     reset,
     {unlock, {map(5, 0xa0000, 0x10000, vram, slot_flag::log_dirty)}},
     {del(5)},
     main_thread,
     main_thread},
    {"main_thread_tseg",
     reset,
     {unlock},
     {del(2), map_ram(2, 0xc0000, gib - mib)},
     main_thread,
     main_thread},
    {"pam_boundaries", pam, {}, unlock},
    {"low_ram_top", tseg, {unlock}, {del(2), map_ram(2, 0xc0000, gib - 16 * mib)}},
    {"smram_window", smram, {unlock}, {del(0), del(2), map_ram(0, 0, gib)}},
    {"smbase_window",
     smram,
     {unlock},
     {del(0), map_ram(0, 0, 0x30000), map_ram(5, 0x50000, 0xa0000)}},
    {"smram_alias", smram, {unlock}, {map(5, 0xfeda0000, 0x20000, ram + 0xa0000)}},
    {"fine_boundaries",
     option_rom_shadow,
     {unlock},
     {del(2), map_ram(2, 0xc0000, 0xcb000), map(5, 0xcb000, 0x3000, rom),
      map_ram(6, 0xce000, gib)}},
    {"vga_window", legacy_vga, {unlock}, {map(5, 0xa0000, 0x10000, vram, slot_flag::log_dirty)}},
    {"flash_slot", flash_mode, {unlock}, {del(1)}},
    {"pci_slot", bar, {unlock}, display},
    {"pci_rom_slot", expansion_rom, {unlock}, {map_rom(3, 0xfebe0000, 0x10000)}},
    {"main_thread_memory",
     hotplug,
     {unlock},
     {map(5, 4 * gib, 128 * mib, vram)},
     main_thread,
     main_thread},
    {"vcpu_memory", bar, {unlock}, {map(5, 4 * gib, 128 * mib, vram)}, main_thread, vcpu},
    {"memory_with_bars",
     bar,
     {unlock},
     {map(5, 4 * gib, 128 * mib, vram), map(6, 0xfe000000, mib, vram + gib)}},
    {"device_memory", hotplug, {unlock}, {map(5, 4 * gib, 128 * mib, vram)}},
    {"late_memory", hotplug, {}, {map(5, 4 * gib, 128 * mib, vram)}, 0, 0, 500},
    {"first_memory", board_init, {}, {map(5, 4 * gib, 128 * mib, vram)}, 0, 0, 0, false},
    {"not_qemu", unknown, {}, {del(0)}, 0, 0, 0, false},
    {"no_rule", unknown, {unlock}, {map_rom(1, 0xfffc0000, 0x40000)}},
};

// Marks commits with ids, and calls with the thread that made them.
std::vector<Event> trace_of(const Case& one) {
  std::vector<Event> events;
  uint64_t id = 0;
  const auto append = [&](const Commit& commit, uint32_t tid, int64_t ms = 0) {
    ++id;
    for (Event event : commit) {
      if (Call* call = std::get_if<Call>(&event)) {
        call->commit = CommitId{id};
        if (one.later_ms > 0) call->time = Nanos{1'000'000 * ms};
        call->tid = Tid{tid};
      }
      events.push_back(event);
    }
  };
  if (one.qemu_board) {
    for (const Commit& commit : board) append(commit, one.before_tid);
  } else {
    append(other_vmm, one.before_tid);
  }
  for (const Commit& commit : one.before) append(commit, one.before_tid ? vcpu : 0);
  append(one.commit, one.tid, one.later_ms);
  return events;
}

std::vector<Event> without_notes(const std::vector<Event>& events) {
  std::vector<Event> kept;
  for (const Event& event : events) {
    if (!std::holds_alternative<Annotation>(event)) kept.push_back(event);
  }
  return kept;
}

}  // namespace

TEST_CASE("each rule names a trace of its own") {
  std::set<std::string> tested;
  for (const Case& one : cases) {
    CAPTURE(one.rule);
    const test::SeenCommit last =
        test::commits_of(trace_of(one), true, {.stacks = nullptr, .qemu = one.qemu_board}).back();
    CHECK(last.rule == one.rule);
    CHECK(last.cause == one.cause);
    tested.insert(one.rule);
  }
  for (const CauseRule& rule : cause_rules()) {
    CAPTURE(rule.name);
    CHECK(tested.count(rule.name) == 1);
  }
}

TEST_CASE("a note that the signature contradicts decides nothing") {
  const Case one{
      "pci_slot", bar, {unlock}, {wrote("i440FX", 0x58), map(3, 0xfd000000, 16 * mib, vram)}};
  CHECK(test::commits_of(trace_of(one)).back().rule == "pci_slot");
}

TEST_CASE("a note about one part of a commit leaves the others to their signature") {
  Commit commit = {wrote("i440FX", 0x58)};
  commit.insert(commit.end(), unlock.begin(), unlock.end());
  commit.push_back(map(5, 0xfe000000, mib, vram));
  const test::SeenCommit last =
      test::commits_of(trace_of({"pam_register", pam, {}, commit})).back();
  REQUIRE(last.by_call.size() == 5);
  for (size_t i = 0; i < 4; ++i) CHECK(last.by_call[i].rule->name == std::string("pam_register"));
  CHECK(last.by_call[4].rule->name == std::string("pci_slot"));
}

TEST_CASE("the main thread resets, whatever it says of the BARs that go") {
  const Case one{"main_thread_deletes", reset,
                 {unlock, display},     {mapped(0, 0xfd000000, 16 * mib), del(3)},
                 main_thread,           main_thread};
  const test::SeenCommit last = test::commits_of(trace_of(one)).back();
  CHECK(last.rule == one.rule);
}

TEST_CASE("a trace that begins in mid-life shows no board init, and no main thread") {
  std::vector<Event> events = {del(7), map_ram(7, 0x100000, gib)};
  for (Event& event : events) std::get<Call>(event).tid = Tid{vcpu};
  for (const test::SeenCommit& commit : test::commits_of(events)) CHECK(commit.cause != board_init);
  Call ram_before = map_ram(0, 0, 0xa0000);
  ram_before.origin = Origin::snapshot;
  Call bar_off = del(3);
  Call bar_before = std::get<Call>(display.front());
  bar_before.origin = Origin::snapshot;
  bar_off.tid = Tid{vcpu};
  const auto commits = test::commits_of({ram_before, bar_before, bar_off});
  REQUIRE(commits.size() == 1);
  CHECK(commits[0].cause == bar);  // by the first thread seen, which need not be the main thread
}

TEST_CASE("flash that was never taken away has no mode") {
  const Commit rom_on = {map_rom(5, 0xffc00000, 0x84000)}, rom_off = {del(5)};
  const auto rule_of = [](const std::vector<Commit>& before, const Commit& last) {
    return test::commits_of(trace_of({"", unknown, before, last})).back().rule;
  };
  CHECK(rule_of({unlock}, rom_on) == "no_rule");
  CHECK(rule_of({unlock, rom_on, rom_off}, rom_on) == "flash_slot");
}

TEST_CASE("the first memory of a VM is no TSEG and no SMRAM") {
  for (const uint64_t end : {mib, 2 * mib, 16 * mib}) {
    const std::vector<Event> events = {map_ram(0, 0, end), map(1, 0x40000000, mib, vram)};
    const test::SeenCommit first = test::commits_of(events).front();
    CAPTURE(end, first.rule);
    CHECK(first.cause == board_init);
  }
}

TEST_CASE("a VMM that nothing shows to be QEMU gets none of QEMU's causes, until something does") {
  const std::vector<Event> events =
      trace_of({"", unknown, {}, {del(2), map_ram(2, 0xc0000, gib - 16 * mib)}});
  const TraceClues nothing;
  const auto commits = test::commits_of(events, true, nothing);
  REQUIRE(commits.size() == 4);
  CHECK(commits[0].rule == "first_memory");
  CHECK(commits[1].rule == "first_memory");
  CHECK(commits[2].rule == "before_guest");  // slots begin at 0xc0000: a PC board
  const VmFindings findings = test::findings_of(events, true, false);
  for (const CauseTotals& one : findings.causes.causes) {
    if (one.cause.rule->cause == board_init) CHECK(one.confidence == Confidence::medium);
  }
}

TEST_CASE("a note about another BAR decides nothing") {
  const Case one{"pci_slot",
                 bar,
                 {unlock},
                 {mapped(2, 0xfebf0000, 0x1000), map(3, 0xfd000000, 16 * mib, vram)}};
  CHECK(test::commits_of(trace_of(one)).back().rule == "pci_slot");
}

TEST_CASE("a stack decides, whatever the signature") {
  const std::vector<std::string> frames = {"memory_region_transaction_commit",
                                           "pci_update_mappings", "pci_default_write_config",
                                           "qemu_system_reset"};
  const auto stacks = std::make_shared<StackTable>();
  for (size_t depth = 1; depth <= frames.size(); ++depth) {
    Stack stack;
    for (size_t i = 0; i < depth; ++i) {
      const FrameId frame{static_cast<uint32_t>(i + 1)};
      stacks->define(frame, StackFrame{.module = {},
                                       .address = {},
                                       .offset = {},
                                       .anchor = StackFrame::Anchor::symbol,
                                       .function = frames[i]});
      stack.frames.push_back(frame);
    }
    stacks->define(StackId{static_cast<uint32_t>(depth)}, stack);
  }
  // A commit that did nothing: only the stack says anything.
  const auto cause_with = [&](uint32_t stack) {
    Call refused = make_call({.ret = -EINVAL});
    refused.stack = StackId{stack};
    Model model(newest_kernel(), true);
    const Event event = refused;
    const Step& step = *model.apply(event);
    OpenCommit commit;
    commit.begin(step);
    commit.add(step);
    CauseClassifier classifier(false, stacks);
    KnownCauses known;
    return classifier.classify(commit.effect(), commit, step.vm->state, known)->of(0).rule->cause;
  };
  CHECK(cause_with(4) == reset);
  CHECK(cause_with(3) == bar);
  CHECK(cause_with(1) == board_init);
}

TEST_CASE("the signature alone agrees with what the VMM said") {
  for (const char* name : {"qemu/7.2-pc-smm-off-events.log", "qemu/11.1-q35-smm-off-events.log"}) {
    CAPTURE(name);
    const test::ReadTrace trace = test::read_shipped(name);
    const auto told = test::commits_of(trace.events, trace.info.faithful);
    const auto guessed = test::commits_of(without_notes(trace.events), trace.info.faithful);
    REQUIRE(told.size() == guessed.size());
    size_t annotated = 0, differ = 0;
    for (size_t i = 0; i < told.size(); ++i) {
      annotated += told[i].rule != guessed[i].rule;
      differ += told[i].cause != guessed[i].cause;
    }
    WARN(name << ": " << annotated << " of " << told.size() << " causes were said, " << differ
              << " of them are another one by the signature");
    CHECK(annotated >= 8);
    CHECK(differ == 0);
  }
}

TEST_CASE("inferred commits against recorded ones") {
  size_t recorded = 0, found = 0;
  for (const char* name : {"qemu/7.2-pc-smm-off-events.log", "qemu/11.1-q35-smm-off-events.log"}) {
    test::ReadTrace trace = test::read_shipped(name);
    const auto marked = test::commits_of(trace.events, trace.info.faithful);
    for (Event& event : trace.events) {
      if (Call* call = std::get_if<Call>(&event)) call->commit = {};
    }
    const auto inferred = test::commits_of(trace.events, trace.info.faithful);
    std::set<CallNumber> boundaries;
    for (const test::SeenCommit& commit : marked) boundaries.insert(commit.span.first);
    for (const test::SeenCommit& commit : inferred) {
      CAPTURE(name, commit.span.first.value);
      CHECK(boundaries.count(commit.span.first) == 1);  // none is false
    }
    recorded += marked.size();
    found += inferred.size();
  }
  WARN(found << " of " << recorded << " recorded commits are found by inference");
  CHECK(found * 100 >= recorded * 80);
}
