// Text from a trace is untrusted: nothing in it may steer the terminal that shows it.
#pragma once

#include <string>
#include <string_view>

namespace slotscope {

// Control characters and bytes that are not valid UTF-8 become \xNN (tab becomes a blank).
std::string escape_for_terminal(std::string_view text);

// As one word of a command to paste into a shell: quoted where it needs to be.
std::string shell_word(std::string_view text);

// Whether `text` is UTF-8 throughout, without C1 controls.
bool is_utf8(std::string_view text);

}  // namespace slotscope
