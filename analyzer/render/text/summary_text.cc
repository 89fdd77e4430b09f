#include <fmt/ostream.h>

#include <algorithm>

#include "analyzer/findings/flapping.h"
#include "analyzer/render/text/cause_text.h"
#include "analyzer/render/text/failure_text.h"
#include "analyzer/render/text/findings_text.h"
#include "analyzer/render/text/idle_text.h"
#include "analyzer/render/text/units_text.h"
#include "analyzer/render/text/wrapped_text.h"

namespace slotscope {
namespace {

constexpr size_t shown_flapping = 3;
std::string where_text(const FlappingGroup& group, size_t spaces_in_all) {
  if (spaces_in_all < 2) return "";
  if (group.address_spaces.size() == spaces_in_all) return " in each address space";
  return fmt::format(" in address space {}", group.first.slot.as.value);
}

std::string flapping_text(const FlappingGroup& group, size_t spaces_in_all) {
  const Flapping& one = group.first;
  std::string text = fmt::format("The {} slot at {} was deleted and put back {} times{}, unchanged",
                                 size_text(one.slot.size), address_text(one.slot.gpa.value),
                                 one.round_trips(), where_text(group, spaces_in_all));
  if (one.redundant == 0) {
    text += ", to make room for something else";
  } else if (one.restored > 0) {
    text += fmt::format(", {} of them to make room for something else",
                        one.restored == 1 ? "one" : std::to_string(one.restored));
  }
  if (one.period) text += fmt::format(", every {} on average", duration_text(*one.period));
  return text + ".";
}

std::string collateral_text(const VmFindings& findings) {
  const HoleFindings& holes = findings.holes;
  std::string text = fmt::format("{} were torn down and put back with the same translation",
                                 size_text(findings.collateral.collateral));
  if (holes.count > 0) text += fmt::format(", in {}", count_text(holes.count, "hole", "holes"));
  if (holes.longest) text += fmt::format(", the longest {}", duration_text(*holes.longest));
  return text + ".";
}

// Who tears down most, when that is most of it.
std::string collateral_cause_text(const VmFindings& findings) {
  const std::vector<CauseTotals>& causes = findings.causes.causes;
  const auto most = std::max_element(
      causes.begin(), causes.end(),
      [](const CauseTotals& a, const CauseTotals& b) { return a.collateral < b.collateral; });
  if (most->cause.rule->cause == CauseKind::unknown) return "";
  if (2 * most->collateral.value <= findings.collateral.collateral.value) return "";
  const bool all = most->collateral == findings.collateral.collateral;
  return fmt::format(
      "{} {}due to {}, in {}: KVM can't resize a slot, so a change inside one takes all of it.",
      all ? "All of that is" : size_text(most->collateral) + " of that are",
      hedge_text(most->cause.rule->cause, most->confidence), cause_text(most->cause),
      count_text(most->collateral_commits, "commit", "commits"));
}

std::string smm_text(const VmTotals& vm, const VmFindings& findings) {
  const auto smm = std::find_if(vm.spaces.begin(), vm.spaces.end(),
                                [](const SpaceTotals& space) { return space.as.value == 1; });
  if (smm == vm.spaces.end() || smm->calls == 0) return "";
  std::string text =
      fmt::format("Address space 1 (SMM) costs {} of the {} calls", smm->calls, vm.calls);
  if (const uint64_t mirrors = findings.mirrors.count; mirrors > 0) {
    text += fmt::format("; {} of them only {} address space 0", mirrors,
                        mirrors == 1 ? "repeats" : "repeat");
  }
  return text + ".";
}

// ioctls that did something: a line may hide a delete, and what KVM refused was no cost to save.
uint64_t effective_calls(const VmTotals& vm) {
  uint64_t calls = vm.calls;
  for (const SpaceTotals& space : vm.spaces) {
    calls += space.updates.implicit_delete;
    calls -= space.updates.rejected;
  }
  return calls;
}

// Nothing where the slots are not known for sure.
std::string floor_text(const VmTotals& vm, const VmFindings& findings) {
  if (findings.uncertain_from || vm.disagreements > 0) return "";
  const MinimalFindings& minimal = findings.minimal;
  const SlotsNeeded& needed = findings.slots_needed;
  std::string floor =
      fmt::format("the slots at the end need {}", count_text(minimal.floor, "call", "calls"));
  if (needed.at_end < minimal.floor) floor += fmt::format(" ({} if joined)", needed.at_end);
  if (minimal.per_commit < effective_calls(vm)) {
    return fmt::format("{} would do for the same slots after every commit; {}.",
                       count_text(minimal.per_commit, "call", "calls"), floor);
  }
  return fmt::format("No commit could {} with fewer calls; {}.",
                     needed.cut ? "keep its slots" : "do", floor);
}

}  // namespace

void print_summary(std::ostream& out, const VmTotals& vm, const VmFindings& findings,
                   const Style& style) {
  const auto say = [&](const std::string& text) {
    if (!text.empty()) fmt::print(out, "{}\n", wrapped_text(text, 2, style.width));
  };
  if (std::string failure = failure_text(vm); !failure.empty()) {
    failure.front() = 'C';
    fmt::print(out, "{}\n", style.warn(wrapped_text(failure, 2, style.width)));
  }
  say(idle_text(vm, findings));
  say(idle_reason_text(findings));
  const std::vector<FlappingGroup> groups = group_flapping(findings.pairs.most_flapping);
  for (size_t i = 0; i < std::min(groups.size(), shown_flapping); ++i) {
    say(flapping_text(groups[i], vm.spaces.size()));
  }
  if (findings.collateral.collateral.value > 0) {
    say(collateral_text(findings));
    say(collateral_cause_text(findings));
  }
  say(smm_text(vm, findings));
  if (findings.pairs.redundant > 0) {
    say(fmt::format(
        "{} of the {} calls are redundant pairs: a delete and the identical create, and "
        "no call between that uses the range.",
        2 * findings.pairs.redundant, vm.calls));
  }
  if (vm.calls > 0) say(floor_text(vm, findings));
  if (findings.uncertain_from) {
    fmt::print(
        out, "{}\n",
        style.warn(wrapped_text(
            fmt::format(
                "Uncertain from call {} on: the trace does not show all that came before it.",
                findings.uncertain_from->value),
            2, style.width)));
  }
}

}  // namespace slotscope
