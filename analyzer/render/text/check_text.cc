#include "analyzer/render/text/check_text.h"

#include <fmt/ostream.h>

#include "analyzer/base/escape.h"
#include "analyzer/render/text/table.h"
#include "analyzer/render/text/units_text.h"
#include "analyzer/render/text/wrapped_text.h"

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
  const std::string name = path == "-" ? "standard input" : escape_for_terminal(path);
  const std::string limits = count_text(check.lines.size(), "limit", "limits");
  if (check.broken > 0) return fmt::format("{} breaks {} of its {}.", name, check.broken, limits);
  if (check.uncertain > 0) {
    return fmt::format("{} can't be said to keep {} of its {}: it does not show all calls.", name,
                       check.uncertain, limits);
  }
  if (check.not_recorded > 0) {
    return fmt::format("{} keeps {} of its {}; the trace does not record the rest.", name,
                       check.lines.size() - check.not_recorded, limits);
  }
  return fmt::format("{} keeps its budget of {}.", name, limits);
}

std::string answer_text(const BudgetLine& line) {
  std::string text;
  if (line.verdict == BudgetLine::Verdict::broken) text = "broken";
  if (line.verdict == BudgetLine::Verdict::uncertain) text = "uncertain";
  if (line.inferred && line.value) text += text.empty() ? "inferred" : ", inferred";
  return text;
}

}  // namespace

std::string gaps_text(const TraceGaps& gaps) {
  std::string text;
  const auto add = [&](bool is_so, const std::string& what) {
    if (is_so) text += (text.empty() ? "" : "; ") + what;
  };
  add(gaps.lost_events > 0,
      fmt::format("{} lost", count_text(gaps.lost_events, "event is", "events are")));
  add(gaps.cut_off, fmt::format("the trace is cut off after call {}", gaps.calls));
  add(gaps.begins_midlife, "slots were there before its first call");
  return text;
}

void print_check(std::ostream& out, const BudgetCheck& check, const std::string& path,
                 const Style& style) {
  fmt::print(out, "{}\n", style.bold(wrapped_text(headline(check, path), 0, style.width)));
  if (check.gaps.any()) {
    const std::string line =
        fmt::format("Not complete: {}.{}", gaps_text(check.gaps),
                    check.broken > 0 ? " What is broken is broken nevertheless." : "");
    fmt::print(out, "{}\n", style.warn(wrapped_text(line, 0, style.width)));
  }
  out << '\n';
  Table table({{"what", Table::Align::left}, {"limit"}, {"value"}, {"", Table::Align::left}});
  for (const BudgetLine& line : check.lines) {
    table.row({line.limit.name, value_text(line.limit.name, line.limit.most),
               line.value ? value_text(line.limit.name, *line.value) : "not recorded",
               answer_text(line)});
  }
  table.print(out, 2);
}

}  // namespace slotscope
