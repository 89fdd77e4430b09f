#include "analyzer/cli/record_summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyzer/render/text/units_text.h"
#include "probes/backend.h"

namespace slotscope {
namespace {

std::string space_words(const SpaceCheck& check) {
  return fmt::format("VM {}, address space {}", check.vm.value, check.as.value);
}

std::string loss_words(const RecordTotals& totals) {
  std::string text = fmt::format("{} lost", totals.lost);
  if (totals.undecoded) text += fmt::format(", {} unreadable", totals.undecoded);
  return text;
}

// "generation agrees; state equals the kernel's 9 slots", or the half of it that is true.
std::string proof_words(const Recording::Checks& checks) {
  size_t slots = 0, internal = 0;
  bool known = false, swaps_agree = true, slots_agree = true;
  for (const auto& [place, check] : checks) {
    if (!check.usable) continue;
    slots += check.kernel_slots;
    internal += check.internal_slots;
    known = known || check.surplus_swaps;
    swaps_agree = swaps_agree && check.surplus_swaps.value_or(0) == 0;
    slots_agree = slots_agree && check.differing_slots == 0;
  }
  std::string text;
  if (known) text += swaps_agree ? ", generation agrees" : ", generation differs";
  if (slots_agree) {
    text += fmt::format("; state equals the kernel's {}", count_text(slots, "slot", "slots"));
    if (internal) text += fmt::format(" (and {} of KVM's own)", internal);
  } else {
    text += "; state differs from the kernel's";
  }
  return text;
}

std::string check_lines(const SpaceCheck& check) {
  std::string text;
  if (!check.usable) {
    return fmt::format("{}: not compared, its slots changed while they were read or are too many\n",
                       space_words(check));
  }
  if (const int64_t surplus = check.surplus_swaps.value_or(0); surplus != 0) {
    text += fmt::format("{}: the kernel changed slots {} times {} than the calls say\n",
                        space_words(check), std::abs(surplus), surplus > 0 ? "more" : "less");
  }
  if (check.differing_slots) {
    text += fmt::format("{}: {} from the kernel's; {}\n", space_words(check),
                        count_text(check.differing_slots, "slot differs", "slots differ"),
                        check.first_difference);
  }
  return text;
}

bool any_usable(const Recording::Checks& checks) {
  return std::any_of(checks.begin(), checks.end(),
                     [](const auto& entry) { return entry.second.usable; });
}

bool is_checked(VmId vm, const Recording::Checks& checks) {
  const auto at = checks.lower_bound({vm, AsId{0}});
  return at != checks.end() && at->first.first == vm;
}

bool all_checked(const RecordSummary& summary) {
  return std::all_of(summary.totals.vms.begin(), summary.totals.vms.end(),
                     [&](VmId vm) { return is_checked(vm, summary.checks); });
}

// Whether the kernel's own count of swaps says that no call was missed.
bool is_proven(const RecordSummary& summary) {
  return all_checked(summary) &&
         std::all_of(summary.checks.begin(), summary.checks.end(), [](const auto& entry) {
           return entry.second.agrees() && entry.second.surplus_swaps;
         });
}

// Calls that the kernel shows to be missing: each would have swapped its slots.
uint64_t unseen_calls(const RecordSummary& summary) {
  uint64_t unseen = 0;
  for (const auto& [place, check] : summary.checks) {
    if (!check.usable) continue;
    const int64_t surplus = check.surplus_swaps.value_or(0);
    unseen += surplus > 0 ? static_cast<uint64_t>(surplus) : check.differing_slots > 0;
  }
  return unseen == 0 && summary.skipped_runs && !is_proven(summary) ? 1 : unseen;
}

}  // namespace

Completeness completeness_of(const RecordSummary& summary) {
  const RecordTotals& totals = summary.totals;
  // A call that was lost and counted is missing in the kernel's comparison too.
  const uint64_t counted = totals.lost + totals.undecoded;
  return {.ending = summary.ended_early ? Ending::cut_off : Ending::marked,
          .lost_events = std::max(counted, unseen_calls(summary))};
}

std::string record_summary_text(const RecordSummary& summary) {
  const RecordTotals& totals = summary.totals;
  std::string text =
      fmt::format("{} on {} in {}", count_text(totals.calls, "call", "calls"),
                  count_text(totals.vms.size(), "VM", "VMs"), duration_text(summary.wall));
  if (totals.calls) text += fmt::format(", {} inside the ioctl", duration_text(totals.inside));
  text += "; " + loss_words(totals);
  if (any_usable(summary.checks)) text += proof_words(summary.checks);
  text += '\n';
  for (const auto& [place, check] : summary.checks) text += check_lines(check);
  for (const VmId vm : totals.vms) {
    if (is_checked(vm, summary.checks)) continue;
    text += fmt::format("VM {}: not compared with the kernel: {}\n", vm.value, summary.unchecked);
  }
  if (summary.skipped_runs && !is_proven(summary)) {
    text += fmt::format("the kernel left our programs out {}: calls may be missing\n",
                        count_text(summary.skipped_runs, "time", "times"));
  }
  if (summary.lost_stacks) {
    text += fmt::format("{} without its stack: give them more room with --buffer\n",
                        count_text(summary.lost_stacks, "call", "calls"));
  }
  if (summary.gone_stacks) {
    text += fmt::format("{} could not be unwound: the process was gone\n",
                        count_text(summary.gone_stacks, "stack", "stacks"));
  }
  if (totals.lost) {
    const bool kprobe = summary.backend == name_of(Backend::kprobe).name;
    text += kprobe ? "calls were lost: more came at a time than kretprobes follow (--backend "
                     "syscalls sees all), or give them more room with --buffer\n"
                   : "calls were lost: give them more room with --buffer\n";
  }
  return text;
}

Json record_summary_json(const RecordSummary& summary) {
  const RecordTotals& totals = summary.totals;
  Json json = {{"schema", "slotscope.record/1"},
               {"output", summary.output},
               {"backend", summary.backend},
               {"end_reason", summary.end_reason},
               {"calls", totals.calls},
               {"vms", totals.vms.size()},
               {"snapshot_slots", totals.snapshot_slots},
               {"lost", totals.lost},
               {"unreadable", totals.undecoded},
               {"skipped_runs", summary.skipped_runs},
               {"lost_stacks", summary.lost_stacks},
               {"whole", completeness_of(summary).whole()},
               {"gone_stacks", summary.gone_stacks},
               {"wall_ns", summary.wall.value},
               {"inside_ns", totals.inside.value}};
  Json checks = Json::array();
  for (const auto& [place, check] : summary.checks) {
    Json entry = {{"vm", check.vm.value},
                  {"pid", check.pid.value},
                  {"as", check.as.value},
                  {"compared", check.usable},
                  {"slots", check.kernel_slots},
                  {"internal_slots", check.internal_slots},
                  {"differing_slots", check.differing_slots}};
    entry["surplus_swaps"] = check.surplus_swaps ? Json(*check.surplus_swaps) : Json(nullptr);
    checks.push_back(std::move(entry));
  }
  json["checks"] = std::move(checks);
  json["unchecked"] = all_checked(summary) ? Json(nullptr) : Json(summary.unchecked);
  return json;
}

}  // namespace slotscope
