#include "analyzer/render/json/log_json.h"

#include "analyzer/causes/cause_rules.h"
#include "analyzer/render/json/finding_json.h"
#include "analyzer/render/json/line_parts.h"
#include "analyzer/render/json/stack_json.h"
#include "analyzer/render/words.h"

namespace slotscope {
namespace {

void put_word(JsonLine& line, std::string_view name, std::string_view word) {
  word.empty() ? line.null(name) : line.word(name, word);
}

template <class Quantity>
void put_known(JsonLine& line, std::string_view name, Quantity quantity) {
  quantity.value ? line.number(name, quantity) : line.null(name);
}

void put_call(JsonLine& line, const Step& step) {
  const Call& call = *step.call;
  line.number("call", step.number);
  line.number("vm", call.vm);
  line.number("commit", step.commit);
  line.number("as", call.as);
  line.number("slot", call.slot);
  line.word("update", kind_word(step.update->kind));
  line.boolean("implicit_delete", step.update->implicit_delete);
  line.hex("gpa", call.gpa.value);
  line.number("size", call.size);
  line.hex("hva", call.hva.value);
  put_flags(line, call.flags);
  if (call.flags & slot_flag::guest_memfd) {
    line.number("guest_memfd", call.guest_memfd);
    line.number("guest_memfd_offset", call.guest_memfd_offset);
  }
  line.number("ret", call.ret);
}

void put_outcome(JsonLine& line, const LogItem& item) {
  const Update& update = *item.entry.step.update;
  line.number("predicted", update.predicted);
  line.word("verdict", verdict_word(update.verdict));
  put_slot(line, "before", update.before);
  put_slot(line, "after", update.after);
  const CauseRule* rule = item.cause ? item.cause->rule : nullptr;
  put_word(line, "cause", rule ? cause_word(rule->cause) : std::string_view());
  put_word(line, "confidence", rule ? confidence_word(rule->confidence) : std::string_view());
}

void put_circumstances(JsonLine& line, const Call& call, const StackTable& stacks) {
  put_time(line, "time_ns", call.time);
  put_time(line, "duration_ns", call.duration);
  put_known(line, "pid", call.pid);
  put_known(line, "tid", call.tid);
  put_known(line, "stack", call.stack);
  if (call.stack.value == 0) return;
  if (const Json stack = stack_json(stacks, call.stack); !stack.is_null()) {
    line.json("frames", json_text(stack["frames"]));
    line.json("stack_end", json_text(stack["end"]));
  }
}

void put_effect(JsonLine& line, const CommitSummary& effect) {
  line.open("commit_effect");
  line.number("changed_bytes", effect.translation.changed);
  line.number("collateral_bytes", effect.translation.collateral);
  line.boolean("idle", effect.idle);
  line.open_list("holes");
  for (const Hole& hole : effect.holes) {
    line.open_item();
    put_hole_members(line, hole);
    line.close();
  }
  line.close_list();
  line.close();
}

template <class Quantity>
Json known(Quantity quantity) {
  return quantity.value ? Json(quantity.value) : Json(nullptr);
}

}  // namespace

Json log_head_json(const TraceInfo& trace) {
  return {{"schema", "slotscope.log/1"}, {"path", trace.path}, {"format", trace.format}};
}

void append_log_call(std::string& out, const LogItem& item, const StackTable& stacks) {
  JsonLine line(out);
  put_call(line, item.entry.step);
  put_outcome(line, item);
  put_circumstances(line, *item.entry.step.call, stacks);
  if (item.effect) put_effect(line, *item.effect);
  if (item.puts_back) {
    line.open("puts_back");
    put_pair_members(line, item.puts_back->kind, item.puts_back->pair);
    line.close();
  }
  line.open_list("annotations");
  for (const Annotation& note : item.entry.notes) line.json_item(json_text(note_json(note.note)));
  line.close_list();
  if (item.entry.notes_left_out > 0) {
    line.number("annotations_left_out", item.entry.notes_left_out);
  }
  line.end();
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

Json log_end_json(const ReadSummary& summary) {
  Json json;
  if (summary.cut_off()) json["cut_off"] = true;
  if (summary.damaged_parts > 0) json["damaged_parts"] = summary.damaged_parts;
  return json;
}

}  // namespace slotscope
