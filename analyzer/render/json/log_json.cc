#include "analyzer/render/json/log_json.h"

#include "analyzer/causes/cause_rules.h"
#include "analyzer/render/json/finding_json.h"
#include "analyzer/render/json/stack_json.h"
#include "analyzer/render/words.h"

namespace slotscope {
namespace {

Json optional_slot(const std::optional<Slot>& slot) {
  return slot ? slot_json(*slot) : Json(nullptr);
}

template <class Quantity>
Json known(Quantity quantity) {
  return quantity.value ? Json(quantity.value) : Json(nullptr);
}

Json effect_json(const CommitSummary& effect) {
  Json json = {{"changed_bytes", effect.translation.changed.value},
               {"collateral_bytes", effect.translation.collateral.value},
               {"holes", Json::array()}};
  for (const Hole& hole : effect.holes) json["holes"].push_back(hole_json(hole));
  return json;
}

}  // namespace

Json log_head_json(const TraceInfo& trace) {
  return {{"schema", "slotscope.log/1"}, {"path", trace.path}, {"format", trace.format}};
}

Json log_call_json(const LogItem& item, const StackTable& stacks) {
  const LogEntry& entry = item.entry;
  const std::optional<Cause>& cause = item.cause;
  const Step& step = entry.step;
  const Call& call = *step.call;
  const Update& update = *step.update;
  Json json = {{"call", step.number.value},
               {"vm", call.vm.value},
               {"commit", step.commit.value},
               {"as", call.as.value},
               {"slot", call.slot.value},
               {"update", kind_word(update.kind)},
               {"implicit_delete", update.implicit_delete},
               {"gpa", address_json(call.gpa.value)},
               {"size", call.size.value},
               {"hva", address_json(call.hva.value)},
               {"flags", flags_json(call.flags)}};
  if (call.flags & slot_flag::guest_memfd) {
    json["guest_memfd"] = call.guest_memfd;
    json["guest_memfd_offset"] = call.guest_memfd_offset.value;
  }
  json["ret"] = call.ret;
  json["predicted"] = update.predicted;
  json["verdict"] = verdict_word(update.verdict);
  json["before"] = optional_slot(update.before);
  json["after"] = optional_slot(update.after);
  json["cause"] = cause ? Json(cause_word(cause->rule->cause)) : Json(nullptr);
  json["confidence"] = cause ? Json(confidence_word(cause->rule->confidence)) : Json(nullptr);
  json["time_ns"] = time_json(call.time);
  json["duration_ns"] = time_json(call.duration);
  json["pid"] = known(call.pid);
  json["tid"] = known(call.tid);
  json["stack"] = known(call.stack);
  if (const Json stack = stack_json(stacks, call.stack); !stack.is_null()) {
    json["frames"] = stack["frames"];
    json["stack_end"] = stack["end"];
  }
  if (item.effect) json["commit_effect"] = effect_json(*item.effect);
  if (item.puts_back) json["puts_back"] = pair_json(item.puts_back->kind, item.puts_back->pair);
  json["annotations"] = Json::array();
  for (const Annotation& note : entry.notes) json["annotations"].push_back(note_json(note.note));
  if (entry.notes_left_out > 0) json["annotations_left_out"] = entry.notes_left_out;
  return json;
}

Json log_other_json(const Event& event) {
  if (const Loss* loss = std::get_if<Loss>(&event)) {
    return {{"lost", loss->count}, {"vm", known(loss->vm)}, {"time_ns", time_json(loss->time)}};
  }
  const Annotation* seen = std::get_if<Annotation>(&event);
  if (seen && is_observed(seen->note)) {
    return {{"observed", note_json(seen->note)},
            {"vm", seen->vm.value},
            {"tid", known(seen->tid)},
            {"time_ns", time_json(seen->time)}};
  }
  const Call* call = std::get_if<Call>(&event);
  if (!call || call->origin != Origin::snapshot) return nullptr;
  Json json = {{"snapshot", slot_json(Slot::from(*call))}};
  json["vm"] = call->vm.value;
  json["as"] = call->as.value;
  return json;
}

}  // namespace slotscope
