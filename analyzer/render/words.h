// The words that JSON and text share: those of the design's glossary, in snake_case.
#pragma once

#include "analyzer/event/annotation.h"
#include "analyzer/event/source.h"
#include "analyzer/event/stack_table.h"
#include "analyzer/model/update.h"

namespace slotscope {

const char* ending_word(Ending ending);
const char* phase_word(Phase phase);
const char* kind_word(UpdateKind kind);
const char* verdict_word(Verdict verdict);
const char* stack_end_word(Stack::End end);

}  // namespace slotscope
