// The words for what the model makes of a call, which JSON and text share. Those of events are in
// event/words.h.
#pragma once

#include "analyzer/model/update.h"

namespace slotscope {

const char* kind_word(UpdateKind kind);
const char* verdict_word(Verdict verdict);

}  // namespace slotscope
