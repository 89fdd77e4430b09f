// Sentences that fit the screen.
#pragma once

#include <string>

namespace slotscope {

// Broken between words to at most `width` columns; what follows the first line is indented by two
// more.
std::string wrapped_text(const std::string& sentence, size_t indent, size_t width);

// Likewise, for text that begins in column `column` and goes on below its beginning.
std::string hanging_text(const std::string& sentence, size_t column, size_t width);

}  // namespace slotscope
