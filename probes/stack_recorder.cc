#include "probes/stack_recorder.h"

namespace slotscope {
namespace {

template <class Table>
auto next_id(const Table& table) {
  return typename Table::mapped_type{static_cast<uint32_t>(table.size() + 1)};
}

}  // namespace

ModuleId StackRecorder::intern(ElfModule* module) {
  if (!module) return {};
  const auto [entry, fresh] = modules_.try_emplace(module, next_id(modules_));
  if (fresh) table_->define(entry->second, {module->path(), module->build_id()});
  return entry->second;
}

FrameId StackRecorder::intern(const UnwoundStack::Frame& frame) {
  const FrameKey key{frame.place.module, frame.place.address, frame.is_return};
  const auto [entry, fresh] = frames_.try_emplace(key, next_id(frames_));
  if (fresh) {
    StackFrame definition{
        .module = {}, .address = CodeAddress{key.address}, .offset = {}, .function = {}};
    if (key.module) definition = key.module->describe(key.address, key.is_return);
    definition.module = intern(key.module);
    table_->define(entry->second, std::move(definition));
  }
  return entry->second;
}

StackId StackRecorder::intern(std::vector<FrameId> frames, Stack::End end) {
  const auto [entry, fresh] = stacks_.try_emplace({std::move(frames), end}, next_id(stacks_));
  if (fresh) table_->define(entry->second, {entry->first.first, end});
  return entry->second;
}

StackId StackRecorder::resolve(const StackSample& sample) {
  UnwoundStack stack = unwind(sample, processes_.at(sample.pid, sample.time));
  if (stack.unread && processes_.is_gone(sample.pid)) {
    stack.end = Stack::End::process_gone;
    ++gone_;
  }
  std::vector<FrameId> frames;
  frames.reserve(stack.frames.size());
  for (const UnwoundStack::Frame& frame : stack.frames) frames.push_back(intern(frame));
  return intern(std::move(frames), stack.end);
}

}  // namespace slotscope
