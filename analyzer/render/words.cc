#include "analyzer/render/words.h"

#include <iterator>

namespace slotscope {

const char* ending_word(Ending ending) {
  switch (ending) {
    case Ending::not_marked:
      return "not_marked";
    case Ending::marked:
      return "marked";
    case Ending::cut_off:
      return "cut_off";
  }
  return "";
}

const char* phase_word(Phase phase) {
  constexpr const char* words[] = {"off_cpu", "srcu_wait", "zap", "metadata", "dirty_log"};
  static_assert(std::size(words) == phase_count);
  return words[static_cast<size_t>(phase)];
}

const char* kind_word(UpdateKind kind) {
  switch (kind) {
    case UpdateKind::create:
      return "create";
    case UpdateKind::del:
      return "delete";
    case UpdateKind::move:
      return "move";
    case UpdateKind::flags:
      return "flags";
    case UpdateKind::no_change:
      return "no_change";
    case UpdateKind::rejected:
      break;
  }
  return "rejected";
}

const char* verdict_word(Verdict verdict) {
  switch (verdict) {
    case Verdict::agrees:
      return "agrees";
    case Verdict::unpredictable:
      return "unpredictable";
    case Verdict::learnt:
      return "learnt";
    case Verdict::disagrees:
      break;
  }
  return "disagrees";
}

const char* stack_end_word(Stack::End end) {
  switch (end) {
    case Stack::End::outermost:
      return "outermost";
    case Stack::End::copy_ended:
      return "copy_ended";
    case Stack::End::no_unwind_info:
      return "no_unwind_info";
    case Stack::End::process_gone:
      return "process_gone";
    case Stack::End::too_many_frames:
      break;
  }
  return "too_many_frames";
}

}  // namespace slotscope
