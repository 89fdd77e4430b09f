#include "analyzer/format/trace_header.h"

#include <nlohmann/json.hpp>

#include "analyzer/base/escape.h"
#include "analyzer/event/words.h"

namespace slotscope {
namespace {

using nlohmann::json;

// The header is an object with one object in it. Parsing deeper nests would let a hostile header
// allocate many times its length.
constexpr int max_depth = 2;

json parse_shallow(std::string_view text) {
  bool deep = false;
  const auto watch = [&](int depth, json::parse_event_t event, const json&) {
    const bool opens =
        event == json::parse_event_t::object_start || event == json::parse_event_t::array_start;
    deep = deep || (opens && depth >= max_depth);
    return !deep;
  };
  constexpr bool allow_exceptions = false;
  json parsed = json::parse(text, watch, allow_exceptions);
  return deep ? json(json::value_t::discarded) : parsed;
}

template <class T>
const T* member(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : found->get_ptr<const T*>();
}

}  // namespace

std::string write_trace_header(const TraceInfo& info, bool end_record) {
  nlohmann::ordered_json header = {{"schema", trace_schema}};
  const auto original = info.metadata.find(original_format_key);
  header["format"] = original == info.metadata.end() ? info.format : original->second;
  header["clock"] = word_of(info.clock);
  header["faithful"] = info.faithful;
  if (end_record) header["end_record"] = true;
  nlohmann::ordered_json& metadata = header["metadata"] = nlohmann::ordered_json::object();
  for (const auto& [key, value] : info.metadata) {
    if (key != original_format_key) metadata[key] = value;
  }
  return escape_in_json(header.dump(-1, ' ', false, json::error_handler_t::replace));
}

bool promises_end_record(std::string_view text) {
  const json header = parse_shallow(text);
  const auto* promised =
      header.is_object() ? member<json::boolean_t>(header, "end_record") : nullptr;
  return promised && *promised;
}

bool read_trace_header(std::string_view text, TraceInfo& info) {
  const json header = parse_shallow(text);
  if (!header.is_object()) return false;
  const auto* schema = member<json::string_t>(header, "schema");
  const auto* format = member<json::string_t>(header, "format");
  const auto* clock = member<json::string_t>(header, "clock");
  const auto* faithful = member<json::boolean_t>(header, "faithful");
  const auto* metadata = member<json::object_t>(header, "metadata");
  if (!schema || *schema != trace_schema || !format || !clock || !faithful || !metadata) {
    return false;
  }
  TraceInfo read = info;
  if (!read_word(*clock, read.clock)) return false;
  read.faithful = *faithful;
  for (const auto& [key, value] : *metadata) {
    if (!value.is_string()) return false;
    read.metadata[key] = value.get_ref<const json::string_t&>();
  }
  if (*format != info.format) read.metadata[original_format_key] = *format;
  info = std::move(read);
  return true;
}

}  // namespace slotscope
