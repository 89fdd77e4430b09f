#include "analyzer/base/escape.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace slotscope {
namespace {

// Code points that draw nothing themselves but change what is around them: C1 controls, which some
// terminals obey, the other format characters (category Cf of Unicode 15), line separators, and
// letters without a shape. Among them are the bidirectional controls, which can make a name read as
// another one (CVE-2021-42574). Variation selectors, which belong to emoji, pass.
struct CodeRange {
  uint32_t first, last;
};
constexpr CodeRange unseen[] = {
    {0x7f, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},     {0x600, 0x605},
    {0x61c, 0x61c},     {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x890, 0x891},
    {0x8e2, 0x8e2},     {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},
    {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},   {0x3164, 0x3164},
    {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},   {0x110bd, 0x110bd},
    {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
    {0xe0000, 0xe0fff},
};

bool is_unseen(uint32_t code) {
  return std::any_of(std::begin(unseen), std::end(unseen),
                     [code](CodeRange range) { return code >= range.first && code <= range.last; });
}

struct CodePoint {
  size_t length = 0;  // in bytes; 0: what stands there is not valid UTF-8
  uint32_t code = 0;
};

// The code point at the start of `text`, which is not empty. Overlong forms are not valid.
CodePoint code_point(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  size_t length = 0;
  uint32_t code = 0;
  if (lead < 0x80) return {1, lead};
  if (lead >= 0xc2 && lead <= 0xdf) {
    length = 2, code = lead & 0x1f;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    length = 3, code = lead & 0x0f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4, code = lead & 0x07;
  } else {
    return {};
  }
  if (text.size() < length) return {};
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3f);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (overlong || surrogate || code > 0x10ffff) return {};
  return {length, code};
}

// As JSON spells any character: in UTF-16.
void append_json_escape(std::string& out, uint32_t code) {
  if (code < 0x10000) {
    out += fmt::format("\\u{:04x}", code);
  } else {
    const uint32_t above = code - 0x10000;
    out += fmt::format("\\u{:04x}\\u{:04x}", 0xd800 | above >> 10, 0xdc00 | (above & 0x3ff));
  }
}

}  // namespace

std::string escape_for_terminal(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '\t') {
      out += ' ';
      ++i;
      continue;
    }
    const auto [length, code] = code_point(text.substr(i));
    if (length > 0 && code >= 0x20 && !is_unseen(code)) {
      out.append(text, i, length);
      i += length;
      continue;
    }
    for (const size_t end = i + std::max<size_t>(length, 1); i < end; ++i) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[i]));
    }
  }
  return out;
}

std::string escape_in_json(std::string json) {
  const auto begins_unusual = [](char c) { return static_cast<unsigned char>(c) >= 0x7f; };
  auto from = std::find_if(json.begin(), json.end(), begins_unusual);
  if (from == json.end()) return json;
  std::string out(json.begin(), from);
  for (size_t i = out.size(); i < json.size();) {
    const auto [length, code] = code_point(std::string_view(json).substr(i));
    const size_t taken = std::max<size_t>(length, 1);
    if (length > 0 && is_unseen(code)) {
      append_json_escape(out, code);
    } else {
      out.append(json, i, taken);
    }
    i += taken;
  }
  return out;
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view safe = "%+,-./:=@_";
  const auto plain = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           safe.find(c) != safe.npos;
  };
  std::string word = escape_for_terminal(text);
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return word;
  for (size_t at = 0; (at = word.find('\'', at)) != word.npos; at += 4)
    word.replace(at, 1, "'\\''");
  return "'" + word + "'";
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto [length, code] = code_point(text);
    const bool c1 = code >= 0x80 && code < 0xa0;
    if (length == 0 || c1) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace slotscope
