// A diagnostic as compilers print it: place, what is wrong, the text with a caret, what to do.
#pragma once

#include <string>

#include "analyzer/base/diagnostic.h"
#include "analyzer/render/text/style.h"

namespace slotscope {

std::string diagnostic_text(const Diagnostic& diagnostic, const char* severity, const Style& style);

}  // namespace slotscope
