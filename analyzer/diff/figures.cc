#include "analyzer/diff/figures.h"

#include <algorithm>

namespace slotscope {

DiffFigures figures_of(const DiffTrace& trace) {
  DiffFigures figures;
  for (const auto& [id, vm] : trace.findings) {
    figures.redundant += vm.pairs.redundant;
    figures.restored += vm.pairs.restored;
    figures.holes += vm.holes.count;
    figures.mirrors += vm.mirrors.count;
    figures.idle_calls += vm.idle.calls;
    figures.needless_cuts += vm.minimal.floor - vm.slots_needed.at_end;
    figures.collateral += vm.collateral.collateral;
    figures.longest_hole = std::max(figures.longest_hole, vm.holes.longest);
    for (const CauseTotals& cause : vm.causes.causes) {
      if (!cause.time) continue;
      figures.time_in_calls = figures.time_in_calls.value_or(Nanos{0}) + *cause.time;
    }
  }
  return figures;
}

}  // namespace slotscope
