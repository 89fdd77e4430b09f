#include "analyzer/render/json/replay_json.h"

#include "analyzer/render/words.h"

namespace slotscope {
namespace {

Json host_json(const HostFacts& host) {
  return {{"kernel", host.kernel},
          {"architecture", host.architecture},
          {"cpu", host.cpu},
          {"virtual_machine", host.virtual_machine},
          {"backend", host.backend},
          {"shadow_paging", host.shadow_paging},
          {"address_spaces", host.address_spaces},
          {"quirk_slot_zap_all", host.quirk_slot_zap_all},
          {"mitigations", host.mitigations},
          {"thp", host.thp}};
}

Json left_out_json(const Plan& plan) {
  Json list = Json::array();
  for (const LeftOut& one : plan.left_out) {
    list.push_back({{"call", one.call.value},
                    {"recorded", one.recorded},
                    {"reason", left_out_text(one.reason)}});
  }
  return list;
}

Json kinds_json(const std::vector<KindRow>& rows) {
  Json list = Json::array();
  for (const KindRow& row : rows) {
    list.push_back({{"kind", kind_word(row.kind)},
                    {"as", row.as.value},
                    {"size_class", size_class_text(row.size)},
                    {"count", row.count},
                    {"min_ns", row.min.value},
                    {"median_ns", row.median.value},
                    {"p90_ns", row.p90.value},
                    {"p99_ns", row.p99.value},
                    {"max_ns", row.max.value},
                    {"total_ns", row.total.value},
                    {"outliers", row.outliers},
                    {"recorded_median_ns", time_json(row.recorded_median)}});
  }
  return list;
}

const char* role_word(Operation::Role role) {
  switch (role) {
    case Operation::Role::call:
      return "call";
    case Operation::Role::hidden_delete:
      return "hidden_delete";
    case Operation::Role::setup:
      break;
  }
  return "setup";
}

Json operation_json(const Plan& plan, const Operation& op) {
  return {{"call", op.call.value},
          {"vm", plan.machines[op.machine].vm.value},
          {"as", plan.recorded_as(op).value},
          {"slot", op.slot.value},
          {"role", role_word(op.role)},
          {"kind", kind_word(op.kind)},
          {"gpa", address_json(op.gpa.value)},
          {"size", op.size.value},
          {"slot_size", op.slot_size.value},
          {"flags", flags_json(op.flags)},
          {"scratch_offset", op.host.value},
          {"recorded", op.recorded},
          {"model", op.predicted}};
}

void add_samples(Json& list, const std::vector<ReplayRun>& runs, const char* variant) {
  for (size_t i = 0; i < runs.size(); ++i) {
    Json durations = Json::array();
    for (const Nanos one : runs[i].durations) durations.push_back(one.value);
    Json entry = {{"variant", variant}, {"run", i + 1}, {"total_ns", runs[i].total.value}};
    entry["duration_ns"] = std::move(durations);
    list.push_back(std::move(entry));
  }
}

Json samples_json(const ReplayResult& result) {
  Json list = Json::array();
  add_samples(list, result.runs, "original");
  if (result.comparison) {
    add_samples(list, result.variant_runs, result.comparison->variant.c_str());
  }
  return list;
}

Json compare_json(const std::optional<Comparison>& comparison) {
  if (!comparison) return nullptr;
  return {{"variant", comparison->variant},
          {"calls_saved", comparison->calls_saved},
          {"ratio_median", comparison->ratio.median},
          {"ratio_ci95", comparison->ratio.ci95},
          {"saved_ns_median", time_json(comparison->saved)},
          {"pairs", comparison->pairs}};
}

Json against_json(const std::optional<Against>& against) {
  if (!against) return nullptr;
  Json rows = Json::array();
  for (const Against::Row& row : against->rows) {
    rows.push_back({{"kind", kind_word(row.kind)},
                    {"as", row.as.value},
                    {"size_class", row.size_class},
                    {"there_median_ns", row.there.value},
                    {"here_median_ns", row.here.value}});
  }
  Json json = {{"file", against->file},
               {"kernel", against->kernel},
               {"cpu", against->cpu},
               {"ratio_median", against->ratio.median},
               {"ratio_ci95", against->ratio.ci95}};
  json["kinds"] = std::move(rows);
  return json;
}

Json holes_json(const std::vector<HoleExits>& holes) {
  Json list = Json::array();
  for (const HoleExits& hole : holes) {
    list.push_back({{"call", hole.call.value},
                    {"commit", hole.commit.value},
                    {"as", hole.as.value},
                    {"gpa", address_json(hole.range.begin.value)},
                    {"size", hole.range.size().value},
                    {"mmio_exits", hole.mmio_exits}});
  }
  return list;
}

Json slowest_json(const std::vector<SlowCall>& calls) {
  Json list = Json::array();
  for (const SlowCall& call : calls) {
    list.push_back({{"call", call.call.value},
                    {"kind", kind_word(call.kind)},
                    {"as", call.as.value},
                    {"gpa", address_json(call.gpa.value)},
                    {"size", call.size.value},
                    {"median_ns", call.median.value},
                    {"max_ns", call.max.value}});
  }
  return list;
}

Json disagreements_json(const std::vector<ReplayDisagreement>& disagreements) {
  Json list = Json::array();
  for (const ReplayDisagreement& one : disagreements) {
    list.push_back({{"call", one.call.value},
                    {"recorded", one.recorded},
                    {"replayed", one.replayed},
                    {"model", one.model}});
  }
  return list;
}

Json fidelity_json(const std::optional<Fidelity>& fidelity) {
  if (!fidelity) return nullptr;
  return {{"calls", fidelity->calls},
          {"recorded_ns", fidelity->recorded.value},
          {"replayed_ns", fidelity->replayed.value}};
}

}  // namespace

Json replay_json(const ReplayResult& result) {
  Json vm_create = Json::array();
  for (const ReplayRun& run : result.runs) vm_create.push_back(run.vm_create.value);
  Json json = {{"schema", "slotscope.replay/1"}, {"trace", result.trace}};
  json["host"] = host_json(result.host);
  json["guest"] = result.setup;
  json["clock_ns"] = result.clock_cost.value;
  json["vm_create_ns"] = std::move(vm_create);
  json["vms"] = result.plan.machines.size();
  json["runs"] = result.runs.size();
  json["interrupted"] = result.interrupted;
  json["operations"] = result.plan.operations.size();
  json["left_out"] = left_out_json(result.plan);
  json["disagreements"] = disagreements_json(result.disagreements);
  json["kinds"] = kinds_json(result.kinds);
  json["slowest"] = slowest_json(result.slowest);
  json["holes"] = holes_json(result.holes);
  json["fidelity"] = fidelity_json(result.fidelity);
  json["compare"] = compare_json(result.comparison);
  json["lost_events"] = result.plan.lost_events;
  json["cut_off"] = result.plan.cut_off;
  json["against"] = against_json(result.against);
  json["samples"] = samples_json(result);
  return json;
}

Json replay_plan_json(const Plan& plan, const PlanCircumstances& around, const std::string& path) {
  Json operations = Json::array();
  for (const Operation& op : plan.operations) operations.push_back(operation_json(plan, op));
  Json json = {{"schema", "slotscope.replay_plan/1"},
               {"trace", path},
               {"variant", around.variant ? Json(*around.variant) : Json(nullptr)},
               {"refused", around.refusal ? Json(around.refusal->message) : Json(nullptr)},
               {"rules_of_kernel", around.rules ? Json(*around.rules) : Json(nullptr)},
               {"lost_events", plan.lost_events},
               {"cut_off", plan.cut_off},
               {"vms", plan.machines.size()},
               {"reservation_bytes", plan.reservation.value},
               {"backing_bytes", plan.backing_size().value},
               {"metadata_bytes_peak", plan.metadata_peak.value}};
  json["left_out"] = left_out_json(plan);
  json["operations"] = std::move(operations);
  return json;
}

}  // namespace slotscope
