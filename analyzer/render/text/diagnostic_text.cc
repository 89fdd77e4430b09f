#include "analyzer/render/text/diagnostic_text.h"

#include "analyzer/base/escape.h"
#include "analyzer/render/text/wrapped_text.h"

namespace slotscope {
namespace {

// "-" names standard input on the command line, but "-:4:44" is no place a reader knows.
std::string place_text(const std::string& place) {
  const bool standard_input = place == "-" || place.starts_with("-:");
  return standard_input ? "<stdin>" + place.substr(1) : escape_for_terminal(place);
}

}  // namespace

std::string diagnostic_text(const Diagnostic& diagnostic, const char* severity,
                            const Style& style) {
  std::string text = "slotscope: ";
  if (!diagnostic.place.empty()) text += place_text(diagnostic.place) + ": ";
  text += style.error(severity) + ": " + diagnostic.message + "\n";
  if (!diagnostic.excerpt.empty()) {
    text += "    " + diagnostic.excerpt + "\n";
    if (diagnostic.caret > 0)
      text += std::string(diagnostic.caret + 3, ' ') + style.error("^") + "\n";
  }
  if (!diagnostic.advice.empty()) text += wrapped_text(diagnostic.advice, 2, style.width) + "\n";
  return text;
}

}  // namespace slotscope
