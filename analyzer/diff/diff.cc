#include "analyzer/diff/diff.h"

#include <algorithm>
#include <map>

#include "analyzer/diff/call_alignment.h"

namespace slotscope {
namespace {

void extend(DiffRun& run, const DiffCall& call) {
  const GpaRange range = call.subject.range();
  run.range = run.count == 0 ? range
                             : GpaRange{std::min(run.range.begin, range.begin),
                                        std::max(run.range.end, range.end)};
  run.calls.last = call.call;
  ++run.count;
  ++count_of(run.updates, call.kind);
  run.mirrors += call.mirror;
}

DiffSide side_of(const DiffTrace& trace, const std::vector<bool>& matched) {
  DiffSide side{.calls = trace.calls.size(), .runs = {}};
  bool open = false;
  for (size_t i = 0; i < trace.calls.size(); ++i) {
    const DiffCall& call = trace.calls[i];
    if (matched[i]) {
      open = false;
      continue;
    }
    ++side.only;
    side.only_mirrors += call.mirror;
    const DiffRun* last = side.runs.empty() ? nullptr : &side.runs.back();
    open = open && last->commit == call.commit && last->as == call.subject.as &&
           last->vm == trace.only.value_or(call.vm) && (last->mirrors > 0) == call.mirror;
    if (!open) {
      side.runs.push_back({.calls = {call.call, call.call},
                           .updates = {},
                           .vm = trace.only.value_or(call.vm),
                           .as = call.subject.as,
                           .commit = call.commit,
                           .cause = call.cause,
                           .confidence = call.confidence,
                           .range = {}});
    }
    extend(side.runs.back(), call);
    open = true;
  }
  return side;
}

void count(TraceDiff& diff, const DiffTrace& a, const DiffTrace& b, const Matched& matched) {
  std::map<SpaceKey, SpaceCount> spaces;
  std::map<CauseKind, CauseCount> causes;
  const auto add = [&](const DiffTrace& trace, const std::vector<bool>& found,
                       auto SpaceCount::*all, auto SpaceCount::*only, auto CauseCount::*cause_all,
                       auto CauseCount::*cause_only, auto CauseCount::*doubtful) {
    for (size_t i = 0; i < trace.calls.size(); ++i) {
      const DiffCall& call = trace.calls[i];
      const SpaceKey key{call.vm, call.subject.as};
      SpaceCount& space = spaces[key];
      CauseCount& cause = causes[call.cause];
      space.space = key;
      cause.cause = call.cause;
      ++(space.*all);
      ++(cause.*cause_all);
      space.*only += !found[i];
      cause.*cause_only += !found[i];
      cause.*doubtful += call.confidence == Confidence::low && call.cause != CauseKind::unknown;
    }
  };
  add(a, matched.a, &SpaceCount::a, &SpaceCount::only_a, &CauseCount::a, &CauseCount::only_a,
      &CauseCount::doubtful_a);
  add(b, matched.b, &SpaceCount::b, &SpaceCount::only_b, &CauseCount::b, &CauseCount::only_b,
      &CauseCount::doubtful_b);
  for (const auto& [key, one] : spaces) diff.spaces.push_back(one);
  for (const auto& [key, one] : causes) diff.causes.push_back(one);
  std::stable_sort(diff.causes.begin(), diff.causes.end(),
                   [](const CauseCount& x, const CauseCount& y) { return x.a + x.b > y.a + y.b; });
}

// Slots of one end that the other has too, of the same memory.
uint64_t common_slots(const std::vector<DiffSlot>& a, const std::vector<DiffSlot>& b,
                      const HostAlignment& hosts) {
  uint64_t n = 0;
  for_each_of_one_shape(a, b, [&](const DiffSlot& x, const DiffSlot& y) {
    n += hosts.same({x.region, x.slot.hva}, {y.region, y.slot.hva});
  });
  return n;
}

void compare_ends(TraceDiff& diff, const DiffTrace& a, const DiffTrace& b,
                  const HostAlignments& hosts) {
  std::map<SpaceKey, FinalSpace> spaces;
  for (const auto& [key, slots] : a.final_slots) spaces[key].in_a = true;
  for (const auto& [key, slots] : b.final_slots) spaces[key].in_b = true;
  static const std::vector<DiffSlot> nothing;
  for (auto& [key, space] : spaces) {
    const auto& in_a = space.in_a ? a.final_slots.at(key) : nothing;
    const auto& in_b = space.in_b ? b.final_slots.at(key) : nothing;
    space.space = key;
    const auto aligned = hosts.find(key.vm);
    const uint64_t common = aligned == hosts.end() ? 0 : common_slots(in_a, in_b, aligned->second);
    space.only_a = in_a.size() - common;
    space.only_b = in_b.size() - common;
    diff.final_state_equal &= space.only_a == 0 && space.only_b == 0;
    diff.final_spaces.push_back(space);
  }
}

}  // namespace

TraceDiff diff(const DiffTrace& a, const DiffTrace& b) {
  const HostAlignments hosts = align_hosts(a, b);
  const Matched matched = align_calls(a, b, hosts);
  TraceDiff result;
  result.a = side_of(a, matched.a);
  result.b = side_of(b, matched.b);
  result.matched = result.a.calls - result.a.only;
  result.exact = matched.exact;
  count(result, a, b, matched);
  compare_ends(result, a, b, hosts);
  return result;
}

}  // namespace slotscope
