// A commit that is several of the VMM's has several causes: each call gets its own, on traces of
// real VMMs.
#include <map>

#include "analyzer/causes/cause_rules.h"
#include "tests/support/calls.h"
#include "tests/support/findings.h"

using namespace slotscope;
using enum CauseKind;

namespace {

std::vector<test::SeenCommit> shipped_commits(const std::string& name) {
  const test::ReadTrace trace = test::read_shipped(name);
  return test::commits_of(trace.events, trace.info.faithful, clues_of(trace.info));
}

std::map<uint64_t, Cause> causes_of(const std::string& name) {
  std::map<uint64_t, Cause> causes;
  for (const test::SeenCommit& commit : shipped_commits(name)) {
    uint64_t call = commit.span.first.value;
    for (const Cause& cause : commit.by_call) causes[call++] = cause;
  }
  return causes;
}

struct Expected {
  const char* trace;
  uint64_t first, last;  // calls
  CauseKind cause;
  Confidence confidence;
};

const Expected expected[] = {
    // A migration is cancelled while a reset takes the BARs away: one inferred commit.
    {"qemu/7.2-q35-qxl-migrate-cancel.log", 91, 101, dirty_logging, Confidence::high},
    {"qemu/7.2-q35-qxl-migrate-cancel.log", 102, 103, bar, Confidence::medium},
    {"qemu/7.2-q35-qxl-migrate-cancel.log", 114, 117, pam, Confidence::medium},
    {"qemu/7.2-q35-qxl-migrate-cancel.log", 118, 119, bar, Confidence::medium},
    {"qemu/7.2-q35-qxl-migrate-cancel.log", 121, 125, dirty_logging, Confidence::high},
    {"strace/pc-smp4-migrate.strace.txt", 46, 53, dirty_logging, Confidence::high},
    {"qemu/7.2-pc-dimm-hotplug.log", 38, 77, hotplug, Confidence::medium},
    // mch_reset gives the 128 KiB at SMBASE back.
    {"qemu/7.2-ovmf-q35-smm-on-reset.log.zst", 1148, 1150, reset, Confidence::medium},
    {"qemu/7.2-ovmf-q35-smm-on-reset.log.zst", 1402, 1404, reset, Confidence::medium},
    {"notes/smm-on.log", 11, 16, listener_registration, Confidence::high},
    // A test program of ours, no VMM.
    {"faults/rejected-calls.strace.txt", 1, 1, board_init, Confidence::low},
    {"faults/rejected-calls.strace.txt", 3, 5, unknown, Confidence::low},
    {"faults/rejected-calls.strace.txt", 6, 6, dirty_logging, Confidence::high},
    {"faults/rejected-calls.strace.txt", 11, 11, unknown, Confidence::low},
};

const char* const shipped[] = {
    "notes/smm-off.log",
    "notes/smm-on.log",
    "qemu/10.0-pc-smm-off.log",
    "qemu/11.1-pc-smm-on.log",
    "qemu/7.2-isapc.log",
    "qemu/7.2-ovmf-q35-smm-on-reset.log.zst",
    "qemu/7.2-pc-40g-smm-on-linux.log",
    "qemu/7.2-pc-dimm-hotplug.log",
    "qemu/7.2-pc-smm-off-events.log",
    "qemu/7.2-pc-smram-churn.log.gz",
    "qemu/7.2-q35-migrate-source.log",
    "qemu/7.2-q35-multi-vga.log",
    "qemu/7.2-q35-qxl-migrate-cancel.log",
    "strace/pc-migrate.strace.txt",
};

}  // namespace

TEST_CASE("each call has its own cause") {
  std::map<std::string, std::map<uint64_t, Cause>> traces;
  for (const Expected& one : expected) {
    std::map<uint64_t, Cause>& causes = traces[one.trace];
    if (causes.empty()) causes = causes_of(one.trace);
    for (uint64_t call = one.first; call <= one.last; ++call) {
      CAPTURE(one.trace, call, causes[call].rule->name);
      CHECK(std::string(cause_word(causes[call].rule->cause)) == cause_word(one.cause));
      CHECK(causes[call].rule->confidence == one.confidence);
    }
  }
}

TEST_CASE("the causes' calls and bytes add up to those of the trace") {
  for (const char* name : shipped) {
    CAPTURE(name);
    const test::ReadTrace trace = test::read_shipped(name);
    const VmFindings findings = test::findings_of(trace.events, trace.info.faithful);
    uint64_t calls = 0;
    Bytes torn_down, collateral;
    for (const CauseTotals& one : findings.causes.causes) {
      CHECK(one.calls > 0);
      CHECK(one.commits > 0);
      calls += one.calls;
      torn_down += one.torn_down;
      collateral += one.collateral;
    }
    CHECK(calls == trace.calls().size());
    CHECK(torn_down == findings.collateral.torn_down);
    CHECK(collateral == findings.collateral.collateral);
  }
}

TEST_CASE("a slot is a display's only while RAM is not logged, and never READONLY") {
  const std::map<uint64_t, Cause> causes = causes_of("qemu/7.2-q35-qxl-migrate-cancel.log");
  size_t displays = 0;
  for (const auto& [call, cause] : causes) {
    CAPTURE(call);
    if (cause.rule->cause == expansion_rom) CHECK_FALSE(cause.display);
    displays += cause.display;
  }
  CHECK(causes.at(126).rule->cause == expansion_rom);  // created with the flag, in a migration
  CHECK(displays > 0);
}

TEST_CASE("a commit of more BARs than any VMM maps has one cause for them") {
  for (const uint16_t bars : {64, 65}) {
    std::vector<Event> events = {
        test::make_call({.slot = 0, .gpa = 0, .size = 0xc0000, .hva = 0x7f0000000000}),
        test::make_call({.slot = 1, .gpa = 0xc0000, .size = 0x40000, .hva = 0x7f0000100000})};
    for (uint16_t i = 0; i < bars; ++i) {
      events.push_back(test::make_call({.slot = static_cast<uint16_t>(i + 2),
                                        .gpa = 0xc0000000 + (uint64_t{i} << 20),
                                        .size = 4096,
                                        .hva = 0x7e0000000000 + (uint64_t{i} << 20)}));
    }
    const VmFindings findings = test::findings_of(events);
    size_t places = 0;
    for (const CauseTotals& one : findings.causes.causes) {
      places += one.cause.rule->cause == bar;
    }
    CAPTURE(bars);
    CHECK(places == (bars == 64 ? 64 : 1));
  }
}
