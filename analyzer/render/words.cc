#include "analyzer/render/words.h"

namespace slotscope {

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

}  // namespace slotscope
