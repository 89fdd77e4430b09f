#include "analyzer/render/json/diff_json.h"

#include "analyzer/causes/cause_rules.h"
#include "analyzer/diff/figures.h"
#include "analyzer/event/words.h"

namespace slotscope {
namespace {

Json runs_json(const DiffSide& side) {
  Json runs = Json::array();
  for (const DiffRun& run : side.runs) {
    runs.push_back({{"first_call", run.calls.first.value},
                    {"last_call", run.calls.last.value},
                    {"calls", run.count},
                    {"vm", run.vm.value},
                    {"as", run.as.value},
                    {"commit", run.commit.value},
                    {"cause", cause_word(run.cause)},
                    {"confidence", confidence_word(run.confidence)},
                    {"gpa", address_json(run.range.begin.value)},
                    {"size", run.range.size().value},
                    {"creates", run.updates.create},
                    {"deletes", run.updates.del},
                    {"moves", run.updates.move},
                    {"flags", run.updates.flags},
                    {"no_change", run.updates.no_change},
                    {"rejected", run.updates.rejected},
                    {"mirrors", run.mirrors}});
  }
  return runs;
}

// Of the whole trace: what failed in it, and what it does not show.
Json side_json(const DiffTrace& trace) {
  Json failed = nullptr, uncertain = nullptr;
  uint64_t rejected = 0;
  for (const VmTotals& vm : trace.totals.vms) {
    rejected += vm.rejected;
    if (vm.first_rejected && (failed.is_null() || failed["call"] > vm.first_rejected->call.value)) {
      failed = {{"call", vm.first_rejected->call.value}, {"ret", vm.first_rejected->ret}};
    }
  }
  for (const auto& [id, vm] : trace.findings) {
    if (vm.uncertain_from && (uncertain.is_null() || uncertain > vm.uncertain_from->value)) {
      uncertain = vm.uncertain_from->value;
    }
  }
  Json json = {{"whole", trace.completeness.whole()},
               {"end", word_of(trace.completeness.ending)},
               {"lost", trace.totals.lost.events},
               {"rejected", rejected}};
  json["vm"] = trace.only ? Json(trace.only->value) : Json(nullptr);
  json["first_rejected"] = std::move(failed);
  json["uncertain_from_call"] = std::move(uncertain);
  return json;
}

}  // namespace

Json diff_json(const TraceDiff& diff, const DiffTrace& a, const DiffTrace& b,
               const DiffPaths& paths) {
  Json spaces = Json::array();
  for (const SpaceCount& one : diff.spaces) {
    spaces.push_back({{"vm", one.space.vm.value},
                      {"as", one.space.as.value},
                      {"calls", {one.a, one.b}},
                      {"only_a", one.only_a},
                      {"only_b", one.only_b}});
  }
  Json causes = Json::array();
  for (const CauseCount& one : diff.causes) {
    causes.push_back({{"cause", cause_word(one.cause)},
                      {"calls", {one.a, one.b}},
                      {"only_a", one.only_a},
                      {"only_b", one.only_b},
                      {"doubtful", {one.doubtful_a, one.doubtful_b}}});
  }
  Json ends = Json::array();
  for (const FinalSpace& one : diff.final_spaces) {
    ends.push_back({{"vm", one.space.vm.value},
                    {"as", one.space.as.value},
                    {"equal", one.equal()},
                    {"slots_only_a", one.only_a},
                    {"slots_only_b", one.only_b}});
  }
  Json json = {{"schema", "slotscope.diff/1"},
               {"a", paths.a},
               {"b", paths.b},
               {"calls", {diff.a.calls, diff.b.calls}},
               {"matched", diff.matched},
               {"exact", diff.exact},
               {"only_a", diff.a.only},
               {"only_b", diff.b.only},
               {"only_mirrors", {diff.a.only_mirrors, diff.b.only_mirrors}},
               {"idle_calls", {figures_of(a).idle_calls, figures_of(b).idle_calls}},
               {"final_state_equal", diff.final_state_equal}};
  json["sides"] = {side_json(a), side_json(b)};
  json["by_address_space"] = std::move(spaces);
  json["by_cause"] = std::move(causes);
  json["final_states"] = std::move(ends);
  json["runs_a"] = runs_json(diff.a);
  json["runs_b"] = runs_json(diff.b);
  return json;
}

}  // namespace slotscope
