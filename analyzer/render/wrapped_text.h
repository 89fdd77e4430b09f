// Sentences that fit the screen.
#pragma once

#include <string>

namespace slotscope {

// Broken between words to at most 100 columns; what follows the first line is indented by two more.
std::string wrapped_text(const std::string& sentence, size_t indent);

}  // namespace slotscope
