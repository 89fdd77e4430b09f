#include "analyzer/render/text/wrapped_text.h"

#include <algorithm>

namespace slotscope {
namespace {

// `text` has been written up to `column`; further lines begin with `indent` blanks.
std::string continued(std::string text, size_t column, const std::string& sentence, size_t indent,
                      size_t width) {
  for (size_t at = 0; at < sentence.size();) {
    const size_t end = std::min(sentence.find(' ', at), sentence.size());
    if (at > 0 && column + 1 + end - at > width) {
      text += '\n';
      text.append(indent, ' ');
      column = indent;
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

}  // namespace

std::string wrapped_text(const std::string& sentence, size_t indent, size_t width) {
  return continued(std::string(indent, ' '), indent, sentence, indent + 2, width);
}

std::string hanging_text(const std::string& sentence, size_t column, size_t width) {
  return continued({}, column, sentence, column, width);
}

}  // namespace slotscope
