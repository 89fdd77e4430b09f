#include "analyzer/render/budget_json.h"

#include <fmt/format.h>

#include "analyzer/base/escape.h"

namespace slotscope {
namespace {

constexpr const char* schema = "slotscope.budget/1";

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
      break;
  }
  return "not_recorded";
}

}  // namespace

Result<std::vector<Limit>> parse_budget(std::string_view text, const std::string& path) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || !json.is_object()) {
    return bad_budget(path, "not a JSON object",
                      "slotscope check TRACE --suggest writes a budget to begin with");
  }
  const auto stated = json.find("schema");
  if (stated == json.end() || *stated != schema) {
    return bad_budget(path, fmt::format("no budget: its \"schema\" is not \"{}\"", schema));
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
    if (measure.value) json[measure.name] = *measure.value;
  }
  return json;
}

Json check_json(const BudgetCheck& check, const std::string& path) {
  Json lines = Json::array();
  for (const BudgetLine& line : check.lines) {
    lines.push_back({{"name", line.limit.name},
                     {"limit", line.limit.most},
                     {"value", line.value ? Json(*line.value) : Json(nullptr)},
                     {"verdict", verdict_word(line.verdict)}});
  }
  Json json = {{"schema", "slotscope.check/1"},
               {"path", path},
               {"broken", check.broken},
               {"uncertain", check.uncertain}};
  json["limits"] = std::move(lines);
  return json;
}

}  // namespace slotscope
