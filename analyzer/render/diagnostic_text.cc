#include "analyzer/render/diagnostic_text.h"

#include "analyzer/base/escape.h"

namespace slotscope {

std::string diagnostic_text(const Diagnostic& diagnostic, const char* severity,
                            const Style& style) {
  std::string text = "slotscope: ";
  if (!diagnostic.place.empty()) text += escape_for_terminal(diagnostic.place) + ": ";
  text += style.error(severity) + ": " + diagnostic.message + "\n";
  if (!diagnostic.excerpt.empty()) {
    text += "    " + diagnostic.excerpt + "\n";
    if (diagnostic.caret > 0)
      text += std::string(diagnostic.caret + 3, ' ') + style.error("^") + "\n";
  }
  if (!diagnostic.advice.empty()) text += "  " + diagnostic.advice + "\n";
  return text;
}

}  // namespace slotscope
