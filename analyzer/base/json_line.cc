#include "analyzer/base/json_line.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "analyzer/base/escape.h"

namespace slotscope {
namespace {

bool is_plain(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

}  // namespace

void JsonLine::text(std::string_view name, std::string_view text) {
  if (std::all_of(text.begin(), text.end(), is_plain)) return word(name, text);
  using nlohmann::json;
  this->json(name, escape_in_json(json(text).dump(-1, ' ', false, json::error_handler_t::replace)));
}

}  // namespace slotscope
