// Sentences that fit the screen.
#pragma once

#include <string>

namespace slotscope {

inline constexpr size_t screen_width = 100;

// Broken between words to at most that; what follows the first line is indented by two more.
std::string wrapped_text(const std::string& sentence, size_t indent);

}  // namespace slotscope
