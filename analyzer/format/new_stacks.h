// A writer's memory of which stacks, frames and modules a trace holds already: each is defined
// once, before the first call that needs it.
#pragma once

#include <memory>
#include <set>
#include <utility>

#include "analyzer/event/stack_table.h"

namespace slotscope {

class NewStacks {
 public:
  explicit NewStacks(std::shared_ptr<const StackTable> table) : table_(std::move(table)) {}

  // Calls visit(id, definition) for what `stack` needs and was not asked for before: a module
  // before its frames, frames before their stack. What the table lacks stays undefined.
  template <class Visit>
  void need(StackId stack, Visit visit) {
    if (stack.value == 0 || !stacks_.insert(stack).second) return;
    const Stack* definition = table_->find(stack);
    if (!definition) return;
    for (const FrameId id : definition->frames) {
      const StackFrame* frame = frames_.insert(id).second ? table_->find(id) : nullptr;
      if (!frame) continue;
      const bool known = !modules_.insert(frame->module).second;
      if (const StackModule* module = known ? nullptr : table_->find(frame->module)) {
        visit(frame->module, *module);
      }
      visit(id, *frame);
    }
    visit(stack, *definition);
  }

 private:
  std::shared_ptr<const StackTable> table_;
  std::set<StackId> stacks_;
  std::set<FrameId> frames_;
  std::set<ModuleId> modules_;
};

}  // namespace slotscope
