#include "analyzer/render/json/stack_json.h"

#include <utility>

#include "analyzer/event/words.h"

namespace slotscope {
namespace {

using Anchor = StackFrame::Anchor;

Json frame_json(const StackTable& table, FrameId id) {
  const StackFrame* frame = table.find(id);
  if (!frame) return nullptr;
  const StackModule* module = table.find(frame->module);
  Json json;
  json["function"] = frame->anchor == Anchor::symbol ? Json(frame->function) : Json(nullptr);
  json["offset"] =
      frame->anchor == Anchor::module_start ? Json(nullptr) : Json(frame->offset.value);
  json["module"] = module ? Json(module->path) : Json(nullptr);
  json["build_id"] = module && !module->build_id.empty() ? Json(module->build_id) : Json(nullptr);
  json["address"] = address_json(frame->address.value);
  return json;
}

}  // namespace

Json stack_json(const StackTable& table, StackId id) {
  const Stack* stack = table.find(id);
  if (!stack) return nullptr;
  Json frames = Json::array();
  for (const FrameId frame : stack->frames) frames.push_back(frame_json(table, frame));
  return {{"frames", std::move(frames)}, {"end", word_of(stack->end)}};
}

}  // namespace slotscope
