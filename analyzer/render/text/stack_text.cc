#include "analyzer/render/text/stack_text.h"

#include <fmt/format.h>

#include "analyzer/base/escape.h"

namespace slotscope {
namespace {

using Anchor = StackFrame::Anchor;

constexpr size_t longest_function = 200, longest_module = 60;

std::string shortened(std::string_view text, size_t longest) {
  const std::string shown = escape_for_terminal(text.substr(0, longest));
  return text.size() > longest ? shown + "..." : shown;
}

std::string module_name(const StackModule* module) {
  if (!module) return "?";
  const std::string_view path = module->path;
  return shortened(path.substr(path.find_last_of('/') + 1), longest_module);
}

std::string frame_text(const StackTable& table, FrameId id) {
  const StackFrame* frame = table.find(id);
  if (!frame) return "?";
  const std::string module = module_name(table.find(frame->module));
  switch (frame->anchor) {
    case Anchor::symbol:
      return fmt::format("{}+{:#x} ({})", shortened(frame->function, longest_function),
                         frame->offset.value, module);
    case Anchor::function_start:
      return fmt::format("[{}+{:#x}]+{:#x}", module, frame->address.value - frame->offset.value,
                         frame->offset.value);
    case Anchor::module_start:
      break;
  }
  if (frame->module.value == 0) return fmt::format("{:#x}", frame->address.value);
  return fmt::format("{}+{:#x}", module, frame->address.value);
}

const char* end_text(Stack::End end) {
  switch (end) {
    case Stack::End::outermost:
      return nullptr;
    case Stack::End::copy_ended:
      return "... the stack is deeper than what was copied";
    case Stack::End::no_unwind_info:
      return "... its caller is not known: no unwind information";
    case Stack::End::process_gone:
      return "... its caller is not known: the process was gone before it could be looked at";
    case Stack::End::too_many_frames:
      break;
  }
  return "... too many frames";
}

}  // namespace

std::vector<std::string> stack_lines(const StackTable& table, StackId id) {
  const Stack* stack = table.find(id);
  if (!stack) return {"its stack is missing: a part of the trace is damaged"};
  std::vector<std::string> lines;
  for (size_t i = 0; i < stack->frames.size(); ++i) {
    lines.push_back(
        fmt::format("{:<3} {}", fmt::format("#{}", i), frame_text(table, stack->frames[i])));
  }
  if (const char* end = end_text(stack->end)) lines.emplace_back(end);
  return lines;
}

}  // namespace slotscope
