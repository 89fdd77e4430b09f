#include "analyzer/render/diff_json.h"

#include "analyzer/findings/cause_rules.h"

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
                    {"creates", run.creates},
                    {"deletes", run.deletes},
                    {"mirrors", run.mirrors}});
  }
  return runs;
}

}  // namespace

Json diff_json(const TraceDiff& diff, const std::string& path_a, const std::string& path_b) {
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
                      {"only_b", one.only_b}});
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
               {"a", path_a},
               {"b", path_b},
               {"calls", {diff.a.calls, diff.b.calls}},
               {"matched", diff.matched},
               {"only_a", diff.a.only},
               {"only_b", diff.b.only},
               {"only_mirrors", {diff.a.only_mirrors, diff.b.only_mirrors}},
               {"final_state_equal", diff.final_state_equal}};
  json["by_address_space"] = std::move(spaces);
  json["by_cause"] = std::move(causes);
  json["final_states"] = std::move(ends);
  json["runs_a"] = runs_json(diff.a);
  json["runs_b"] = runs_json(diff.b);
  return json;
}

}  // namespace slotscope
