#include "analyzer/render/text/phase_text.h"

#include <algorithm>
#include <iterator>

#include "analyzer/render/text/table.h"
#include "analyzer/render/text/units_text.h"
#include "analyzer/render/words.h"

namespace slotscope {
namespace {

constexpr const char* titles[] = {"off CPU", "SRCU wait", "zap", "metadata", "dirty log"};
static_assert(std::size(titles) == phase_count);

bool any_measured(const PhaseFindings& findings, size_t phase) {
  for (const KindPhases& kind : findings.kinds) {
    if (kind.phases.of[phase].measured) return true;
  }
  return false;
}

bool any_cost(const PhaseFindings& findings, uint64_t GuestCost::*count) {
  return std::any_of(findings.kinds.begin(), findings.kinds.end(),
                     [&](const KindPhases& kind) { return kind.then.*count > 0; });
}

}  // namespace

const char* phase_title(Phase phase) { return titles[static_cast<size_t>(phase)]; }

void print_phases(std::ostream& out, const PhaseFindings& findings) {
  std::vector<Table::Column> columns = {
      {"inside (phases overlap)", Table::Align::left}, {"calls"}, {"in calls"}};
  std::vector<size_t> shown;
  for (size_t i = 0; i < phase_count; ++i) {
    if (!any_measured(findings, i)) continue;
    columns.push_back({titles[i]});
    shown.push_back(i);
  }
  // Of a backend whose tracepoints never fire there is nothing to say.
  const bool faults = any_cost(findings, &GuestCost::page_faults);
  const bool exits = any_cost(findings, &GuestCost::mmio_exits);
  if (faults) columns.push_back({"then: page faults"});
  if (exits) columns.push_back({faults ? "MMIO exits" : "then: MMIO exits"});
  Table table(std::move(columns));
  for (const KindPhases& kind : findings.kinds) {
    std::vector<std::string> cells = {kind_word(kind.kind), std::to_string(kind.calls),
                                      duration_text(kind.inside)};
    for (const size_t i : shown) {
      const CallPhases::One& one = kind.phases.of[i];
      cells.push_back(one.times ? duration_text(one.time) : "-");
    }
    if (faults) cells.push_back(std::to_string(kind.then.page_faults));
    if (exits) cells.push_back(std::to_string(kind.then.mmio_exits));
    table.row(std::move(cells));
  }
  table.print(out, 2);
}

}  // namespace slotscope
