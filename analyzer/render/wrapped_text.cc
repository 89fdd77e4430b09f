#include "analyzer/render/wrapped_text.h"

#include <algorithm>

namespace slotscope {

std::string wrapped_text(const std::string& sentence, size_t indent) {
  std::string text(indent, ' ');
  size_t column = indent;
  for (size_t at = 0; at < sentence.size();) {
    const size_t end = std::min(sentence.find(' ', at), sentence.size());
    if (at > 0 && column + 1 + end - at > screen_width) {
      text += '\n';
      text.append(indent + 2, ' ');
      column = indent + 2;
    } else if (at > 0) {
      text += ' ';
      ++column;
    }
    text.append(sentence, at, end - at);
    column += end - at;
    at = end + 1;
  }
  return text;
}

}  // namespace slotscope
