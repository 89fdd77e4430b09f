// What a replay measured, as data: replay/ fills it, render/ prints it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/base/range.h"
#include "analyzer/base/units.h"
#include "analyzer/model/update.h"
#include "replay/data/replay_plan.h"

namespace slotscope {

struct HostFacts {
  std::string kernel, architecture, cpu;
  std::string backend;      // kvm_intel, kvm_amd, ...; empty when it can't be told
  std::string mitigations;  // that are active; "none"
  std::string thp;          // transparent huge pages: always, madvise, never
  bool virtual_machine = false;
  bool shadow_paging = true;
  uint32_t address_spaces = 1;
  std::string quirk_slot_zap_all;  // "on", "off", or "fixed" where the kernel can't switch it

  bool operator==(const HostFacts&) const = default;
};

// Bounds between which the cost of an update can be expected not to change its nature.
struct SizeClass {
  uint8_t ordinal = 0;
  auto operator<=>(const SizeClass&) const = default;
};
SizeClass size_class_of(Bytes size);
const char* size_class_text(SizeClass size);  // "<= 2 MiB"

// MMIO exits that vCPUs took because a slot was away.
struct HoleExits {
  CallNumber call;  // the delete
  CommitId commit;
  AsId as;
  GpaRange range;
  uint64_t mmio_exits = 0;
};

// One pass over a plan, on fresh VMs.
struct ReplayRun {
  Nanos vm_create;               // all machines
  Nanos total;                   // of the durations
  std::vector<Nanos> durations;  // by operation; shorter than the plan when interrupted
  std::vector<int32_t> results;
  std::vector<HoleExits> holes;
  Nanos latest;                   // how far the furthest operation was behind its time
  std::string vcpu_failure = {};  // why a vCPU stopped before its time
};

struct KindRow {
  UpdateKind kind = UpdateKind::create;
  AsId as;
  SizeClass size;
  uint64_t count = 0;  // samples of all runs
  Nanos min, median, p90, p99, max, total;
  uint64_t outliers = 0;
  std::optional<Nanos> recorded_median = {};  // of the trace's own durations
};

struct SlowCall {
  CallNumber call;
  UpdateKind kind = UpdateKind::create;
  AsId as;
  Gpa gpa;
  Bytes size;
  Nanos median, max;
};

struct ReplayDisagreement {
  CallNumber call;
  int32_t recorded = 0, replayed = 0, model = 0;
};

struct Estimate {
  double median = 0;
  std::array<double, 2> ci95{};
};

// A variant against the original, run by run in turn.
struct Comparison {
  std::string variant;
  int64_t calls_saved = 0;
  Estimate ratio;                   // of the runs' totals, pair by pair
  std::optional<Nanos> saved = {};  // the median of the pairs' differences
  uint64_t pairs = 0;
};

struct Fidelity {
  uint64_t calls = 0;        // that have both
  Nanos recorded, replayed;  // sums; of the replay, of each call's median
};

// This replay beside one that was saved, perhaps on another kernel or host.
struct Against {
  struct Row {
    UpdateKind kind = UpdateKind::create;
    AsId as;
    std::string size_class;
    Nanos there, here;  // medians
  };
  std::string file, kernel, cpu;  // of the saved one
  uint64_t operations = 0;        // that it had
  Estimate ratio;                 // of the medians of the runs' totals: here to there
  std::vector<Row> rows;          // what both have
};

struct ReplayResult {
  std::string trace;
  HostFacts host;
  std::string setup;  // what the scratch VM was beside the slots: "no vCPU", "1 vCPU (touch)"
  Nanos clock_cost;
  Plan plan;
  std::vector<ReplayRun> runs;
  std::vector<KindRow> kinds;
  std::vector<SlowCall> slowest;
  std::vector<ReplayDisagreement> disagreements;
  std::vector<HoleExits> holes;  // of all runs
  std::optional<Fidelity> fidelity;
  std::vector<ReplayRun> variant_runs = {};
  std::optional<Comparison> comparison;
  std::optional<Against> against = {};
  uint64_t run_outliers = 0;  // runs whose total is far from the others'
  bool interrupted = false;
};

}  // namespace slotscope
