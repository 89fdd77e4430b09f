// Text from a trace is untrusted: nothing in it may steer the terminal that shows it.
#pragma once

#include <string>
#include <string_view>

namespace slotscope {

// Control characters, those that are not seen (bidirectional controls above all) and bytes that are
// not valid UTF-8 become \xNN, byte by byte (tab becomes a blank).
std::string escape_for_terminal(std::string_view text);

// The same characters in a whole JSON document become \uNNNN: to a program it says the same.
std::string escape_in_json(std::string json);

// As one word of a command to paste into a shell: quoted where it needs to be.
std::string shell_word(std::string_view text);

// Whether `text` is UTF-8 throughout, without C1 controls.
bool is_utf8(std::string_view text);

}  // namespace slotscope
