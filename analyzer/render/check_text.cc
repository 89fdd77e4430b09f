#include "analyzer/render/check_text.h"

#include <fmt/ostream.h>

#include <algorithm>

#include "analyzer/base/escape.h"
#include "analyzer/render/table.h"
#include "analyzer/render/units_text.h"
#include "analyzer/render/wrapped_text.h"

namespace slotscope {
namespace {

// Bytes and times are exact too: a limit that is broken by one must not look kept.
std::string value_text(const std::string& name, uint64_t value) {
  if (name.ends_with("_bytes")) return fmt::format("{} ({})", value, size_text({value}));
  if (name.ends_with("_ns")) {
    return fmt::format("{} ({})", value, duration_text({static_cast<int64_t>(value)}));
  }
  return std::to_string(value);
}

std::string headline(const BudgetCheck& check, const std::string& path) {
  const std::string name = escape_for_terminal(path);
  const uint64_t unknown = static_cast<uint64_t>(std::count_if(
      check.lines.begin(), check.lines.end(),
      [](const auto& line) { return line.verdict == BudgetLine::Verdict::not_recorded; }));
  if (check.broken == 0 && unknown > 0) {
    return fmt::format("{} keeps {} of its {}; the trace does not record the rest.", name,
                       check.lines.size() - unknown,
                       count_text(check.lines.size(), "limit", "limits"));
  }
  if (check.broken == 0) {
    return fmt::format("{} keeps its budget of {}.", name,
                       count_text(check.lines.size(), "limit", "limits"));
  }
  return fmt::format("{} breaks {} of its {}.", name, check.broken,
                     count_text(check.lines.size(), "limit", "limits"));
}

}  // namespace

void print_check(std::ostream& out, const BudgetCheck& check, const std::string& path,
                 const Style& style) {
  fmt::print(out, "{}\n", style.bold(wrapped_text(headline(check, path), 0, style.width)));
  if (check.uncertain) {
    fmt::print(
        out, "{}\n",
        style.warn(check.broken > 0
                       ? "The trace is not complete; what is broken is broken nevertheless."
                       : "The trace is not complete: a limit that looks kept may be broken."));
  }
  out << '\n';
  Table table({{"what", Table::Align::left}, {"limit"}, {"value"}, {"", Table::Align::left}});
  for (const BudgetLine& line : check.lines) {
    const bool broken = line.verdict == BudgetLine::Verdict::broken;
    table.row({line.limit.name, value_text(line.limit.name, line.limit.most),
               line.value ? value_text(line.limit.name, *line.value) : "not recorded",
               broken ? "broken" : ""});
  }
  table.print(out, 2);
}

}  // namespace slotscope
