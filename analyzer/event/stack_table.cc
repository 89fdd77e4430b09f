#include "analyzer/event/stack_table.h"

#include <utility>

namespace slotscope {

template <class Id, class Entry>
bool StackTable::add(Table<Id, Entry>& table, Id id, Entry entry) {
  if (id.value == 0) return false;
  const std::lock_guard lock(mutex_);
  return table.try_emplace(id, std::move(entry)).second;
}

template <class Id, class Entry>
const Entry* StackTable::look(const Table<Id, Entry>& table, Id id) const {
  const std::lock_guard lock(mutex_);
  const auto found = table.find(id);
  return found == table.end() ? nullptr : &found->second;
}

bool StackTable::define(ModuleId id, StackModule module) {
  return add(modules_, id, std::move(module));
}
bool StackTable::define(FrameId id, StackFrame frame) { return add(frames_, id, std::move(frame)); }
bool StackTable::define(StackId id, Stack stack) { return add(stacks_, id, std::move(stack)); }

const StackModule* StackTable::find(ModuleId id) const { return look(modules_, id); }
const StackFrame* StackTable::find(FrameId id) const { return look(frames_, id); }
const Stack* StackTable::find(StackId id) const { return look(stacks_, id); }

std::vector<std::string_view> StackTable::functions(StackId id) const {
  std::vector<std::string_view> names;
  const Stack* stack = find(id);
  if (!stack) return names;
  for (const FrameId frame_id : stack->frames) {
    const StackFrame* frame = find(frame_id);
    if (frame && frame->anchor == StackFrame::Anchor::symbol) names.push_back(frame->function);
  }
  return names;
}

}  // namespace slotscope
