#include "analyzer/render/json/finding_json.h"

#include "analyzer/findings/pressure.h"
#include "analyzer/render/json/line_parts.h"
#include "analyzer/render/words.h"

namespace slotscope {
namespace {

// What all single findings begin with.
Json finding(const char* name, CallSpan calls, bool uncertain) {
  return {{"finding", name},
          {"first_call", calls.first.value},
          {"last_call", calls.last.value},
          {"uncertain", uncertain}};
}

void add_place(Json& json, const Slot& slot) {
  json["as"] = slot.as.value;
  json["slot"] = slot_json(slot);
}

Json collateral_json(const Collateral& one) {
  Json json = finding("collateral", one.calls, one.uncertain);
  json["commit"] = one.commit.value;
  json["collateral_bytes"] = one.bytes.value;
  json["changed_bytes"] = one.changed.value;
  return json;
}

Json mirror_json(const MirroredCommit& one) {
  Json json = finding("mirror", one.calls, one.uncertain);
  json["commit"] = one.commit.value;
  json["mirrors"] = one.mirrors;
  return json;
}

Json idle_json(const IdleCommit& one) {
  Json json = finding("idle", one.span, false);
  json["commit"] = one.commit.value;
  json["idle_calls"] = one.calls;
  json["idle_bytes"] = one.bytes.value;
  json["whole_commit"] = one.whole;
  json["cause"] = cause_word(one.cause);
  return json;
}

Json flapping_json(const Flapping& one) {
  Json json = finding("flapping", one.calls, one.uncertain);
  add_place(json, one.slot);
  json["redundant_pairs"] = one.redundant;
  json["restored_pairs"] = one.restored;
  json["period_ns"] = time_json(one.period);
  return json;
}

Json disagreement_json(const Disagreement& one) {
  return {{"finding", "disagreement"},
          {"call", one.call.value},
          {"recorded", one.recorded},
          {"predicted", one.predicted}};
}

}  // namespace

Json pair_json(PairKind kind, const SlotPair& pair) {
  return tree_of([&](JsonLine& line) { put_pair_members(line, kind, pair); });
}

Json hole_json(const Hole& hole) {
  return tree_of([&](JsonLine& line) { put_hole_members(line, hole); });
}

Json finding_totals_json(const VmTotals& vm, const VmFindings& findings,
                         const KernelProfile& kernel) {
  const PairFindings& pairs = findings.pairs;
  const HoleFindings& holes = findings.holes;
  const ShapeTotals shapes = totals_of(findings.shapes);
  const Pressure pressure = slot_pressure(vm.spaces, kernel);
  Json json = {{"redundant_pairs", pairs.redundant},
               {"restored_pairs", pairs.restored},
               {"redundant_bytes", pairs.redundant_bytes.value},
               {"forgotten_deletes", pairs.forgotten},
               {"flapping", pairs.flapping},
               {"mirrors", findings.mirrors.count},
               {"disagreements", vm.disagreements},
               {"holes", holes.count},
               {"hole_bytes", holes.bytes.value},
               {"hole_time_ns", holes.timed ? Json(holes.time.value) : Json(nullptr)},
               {"longest_hole_ns", time_json(holes.longest)},
               {"collateral_bytes", findings.collateral.collateral.value},
               {"changed_bytes", findings.collateral.changed.value},
               {"torn_down_bytes", findings.collateral.torn_down.value},
               {"idle_commits", findings.idle.commits},
               {"idle_calls", findings.idle.calls},
               {"idle_bytes", findings.idle.bytes.value},
               {"misaligned_slots", shapes.misaligned},
               {"aliases", shapes.aliases},
               {"minimal_calls", findings.minimal.per_commit},
               {"floor_calls", findings.minimal.floor},
               {"slots_needed", findings.slots_needed.at_end},
               {"slots_needed_peak", findings.slots_needed.peak},
               {"slots_peak", pressure.slots_peak},
               {"slots_limit", pressure.slots_limit},
               {"metadata_bytes_peak", pressure.metadata_peak.value}};
  const auto from = findings.uncertain_from;
  json["uncertain_from_call"] = from ? Json(from->value) : Json(nullptr);
  return json;
}

Json finding_list_json(const VmTotals& vm, const VmFindings& findings) {
  Json list = Json::array();
  for (const SlotPair& one : findings.pairs.largest_redundant) {
    list.push_back(pair_json(PairKind::redundant, one));
  }
  for (const SlotPair& one : findings.pairs.largest_restored) {
    list.push_back(pair_json(PairKind::restored, one));
  }
  for (const Flapping& one : findings.pairs.most_flapping) list.push_back(flapping_json(one));
  for (const Hole& one : findings.holes.largest) list.push_back(hole_json(one));
  for (const Collateral& one : findings.collateral.largest) list.push_back(collateral_json(one));
  for (const IdleCommit& one : findings.idle.largest) list.push_back(idle_json(one));
  for (const MirroredCommit& one : findings.mirrors.largest) list.push_back(mirror_json(one));
  for (const Disagreement& one : vm.first_disagreements) list.push_back(disagreement_json(one));
  return list;
}

Json cause_json(const Cause& cause) {
  Json json = {{"cause", cause_word(cause.rule->cause)},
               {"confidence", confidence_word(cause.rule->confidence)},
               {"rule", cause.rule->name},
               {"evidence", cause.rule->evidence}};
  json["gpa"] = cause.at ? address_json(cause.at->value) : Json(nullptr);
  json["size"] = cause.at ? Json(cause.size.value) : Json(nullptr);
  json["annotation"] = cause.said ? note_json(*cause.said) : Json(nullptr);
  return json;
}

Json causes_json(const CauseFindings& causes) {
  Json list = Json::array();
  for (const CauseTotals& one : causes.causes) {
    Json json = cause_json(one.cause);
    json["confidence"] = confidence_word(one.confidence);
    json["calls"] = one.calls;
    json["idle_calls"] = one.idle_calls;
    json["commits"] = one.commits;
    json["torn_down_bytes"] = one.torn_down.value;
    json["collateral_bytes"] = one.collateral.value;
    json["time_in_calls_ns"] = time_json(one.time);
    list.push_back(std::move(json));
  }
  return list;
}

Json phases_json(const PhaseFindings& findings) {
  Json list = Json::array();
  for (const KindPhases& one : findings.kinds) {
    list.push_back({{"update", kind_word(one.kind)},
                    {"calls", one.calls},
                    {"inside_ns", one.inside.value},
                    {"phases", phases_json(one.phases)},
                    {"page_faults", one.then.page_faults},
                    {"mmio_exits", one.then.mmio_exits}});
  }
  return list;
}

}  // namespace slotscope
