#include "analyzer/render/json/budget_json.h"

#include <fmt/format.h>

#include <set>

#include "analyzer/base/escape.h"
#include "analyzer/render/words.h"

namespace slotscope {
namespace {

constexpr const char* schema = "slotscope.budget/1";
constexpr const char* smallest = R"({"schema": "slotscope.budget/1", "calls": 60})";

Diagnostic bad_budget(const std::string& path, std::string message, std::string advice = "") {
  return {.place = path, .message = std::move(message), .advice = std::move(advice)};
}

const char* verdict_word(BudgetLine::Verdict verdict) {
  switch (verdict) {
    case BudgetLine::Verdict::kept:
      return "kept";
    case BudgetLine::Verdict::broken:
      return "broken";
    case BudgetLine::Verdict::not_recorded:
      return "not_recorded";
    case BudgetLine::Verdict::uncertain:
      break;
  }
  return "uncertain";
}

// JSON lets a name stand twice, and the library would keep the last.
Json parse_noting_repeats(std::string_view text, std::string& twice) {
  std::set<std::string> names;
  const Json::parser_callback_t note = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::key && depth == 1 &&
        !names.insert(parsed.get<std::string>()).second && twice.empty()) {
      twice = parsed.get<std::string>();
    }
    return true;
  };
  return Json::parse(text, note, false);
}

}  // namespace

Result<std::vector<Limit>> parse_budget(std::string_view text, const std::string& path) {
  std::string twice;
  const Json json = parse_noting_repeats(text, twice);
  if (json.is_discarded() || !json.is_object()) {
    return bad_budget(path, "not a JSON object", fmt::format("the smallest budget: {}", smallest));
  }
  const auto stated = json.find("schema");
  if (stated == json.end() || *stated != schema) {
    return bad_budget(path,
                      stated == json.end()
                          ? std::string("no budget: it has no \"schema\"")
                          : fmt::format("no budget: its \"schema\" is not \"{}\"", schema),
                      fmt::format("the smallest budget: {}", smallest));
  }
  if (!twice.empty()) {
    return bad_budget(path, fmt::format("'{}' is limited twice", escape_for_terminal(twice)),
                      "keep the limit that is meant");
  }
  std::vector<Limit> limits;
  for (const auto& [name, value] : json.items()) {
    if (name == "schema") continue;
    if (!is_measure(name)) {
      return bad_budget(path, fmt::format("'{}' can't be limited", escape_for_terminal(name)),
                        "slotscope check TRACE --suggest shows what can");
    }
    if (!value.is_number_unsigned()) {
      return bad_budget(path, fmt::format("the limit of '{}' is no whole number", name));
    }
    limits.push_back({name, value.get<uint64_t>()});
  }
  if (limits.empty()) return bad_budget(path, "it limits nothing");
  return limits;
}

Json budget_json(const std::vector<Measure>& measures) {
  Json json = {{"schema", schema}};
  for (const Measure& measure : measures) {
    if (measure.value && !measure.inferred) json[measure.name] = *measure.value;
  }
  return json;
}

Json check_json(const BudgetCheck& check, const std::string& path) {
  Json lines = Json::array();
  for (const BudgetLine& line : check.lines) {
    lines.push_back({{"name", line.limit.name},
                     {"limit", line.limit.most},
                     {"value", line.value ? Json(*line.value) : Json(nullptr)},
                     {"verdict", verdict_word(line.verdict)},
                     {"inferred", line.inferred}});
  }
  Json json = {{"schema", "slotscope.check/1"},
               {"path", path},
               {"broken", check.broken},
               {"uncertain", check.gaps.any()},
               {"kept", check.kept()}};
  json["lost"] = check.gaps.lost_events;
  json["cut_off"] = check.gaps.cut_off;
  json["begins_midlife"] = check.gaps.begins_midlife;
  json["limits"] = std::move(lines);
  return json;
}

}  // namespace slotscope
