#include "analyzer/render/diff_text.h"

#include <fmt/ostream.h>

#include <algorithm>
#include <optional>

#include "analyzer/render/cause_text.h"
#include "analyzer/render/table.h"
#include "analyzer/render/units_text.h"
#include "analyzer/render/wrapped_text.h"

namespace slotscope {
namespace {

constexpr size_t shown_runs = 20;

std::string space_text(SpaceKey space) {
  const std::string vm = space.vm.value == 1 ? "" : fmt::format("VM {} ", space.vm.value);
  return fmt::format("{}address space {}{}", vm, space.as.value,
                     space.as.value == 1 ? " (SMM)" : "");
}

// "54 in address space 1 (SMM), 6 in address space 0"; one alone needs no number.
std::string by_space(const TraceDiff& diff, uint64_t SpaceCount::*only) {
  std::vector<SpaceCount> spaces = diff.spaces;
  std::stable_sort(spaces.begin(), spaces.end(),
                   [&](const SpaceCount& a, const SpaceCount& b) { return a.*only > b.*only; });
  std::string text;
  if (spaces.size() == 1 || spaces[1].*only == 0) return space_text(spaces[0].space);
  for (const SpaceCount& one : spaces) {
    if (one.*only == 0) continue;
    text += fmt::format("{}{} in {}", text.empty() ? "" : ", ", one.*only, space_text(one.space));
  }
  return text;
}

std::string headline(const TraceDiff& diff, const DiffNames& names) {
  const std::string common = count_text(diff.matched, "call", "calls");
  if (diff.a.only == 0 && diff.b.only == 0) {
    return fmt::format("{} and {} do the same {}, in the same order.", names.a, names.b, common);
  }
  if (diff.a.only == 0 || diff.b.only == 0) {
    const bool more_in_b = diff.a.only == 0;
    return fmt::format("{} does all {} of {}, in the same order, and {} more: {}.",
                       more_in_b ? names.b : names.a, common, more_in_b ? names.a : names.b,
                       more_in_b ? diff.b.only : diff.a.only,
                       by_space(diff, more_in_b ? &SpaceCount::only_b : &SpaceCount::only_a));
  }
  return fmt::format("{} in common, in the same order; only {} has {} ({}), only {} has {} ({}).",
                     common, names.a, diff.a.only, by_space(diff, &SpaceCount::only_a), names.b,
                     diff.b.only, by_space(diff, &SpaceCount::only_b));
}

// A trace's figure: absent where it means nothing there.
struct Figures {
  uint64_t redundant = 0, restored = 0, holes = 0, mirrors = 0;
  Bytes collateral;
  std::optional<Nanos> time, longest_hole;

  static Figures of(const DiffTrace& trace) {
    Figures figures;
    for (const auto& [id, vm] : trace.findings) {
      figures.redundant += vm.pairs.redundant;
      figures.restored += vm.pairs.restored;
      figures.holes += vm.holes.count;
      figures.mirrors += vm.mirrors.count;
      figures.collateral += vm.collateral.collateral;
      figures.longest_hole = std::max(figures.longest_hole, vm.holes.longest);
      for (const CauseTotals& cause : vm.causes.causes) {
        if (cause.time) figures.time = figures.time.value_or(Nanos{0}) + *cause.time;
      }
    }
    return figures;
  }
};

class Totaled {
 public:
  explicit Totaled(const DiffNames& names)
      : table_({{"", Table::Align::left}, {names.a}, {names.b}, {"difference"}}) {}

  void count(const std::string& what, uint64_t a, uint64_t b) {
    if (a == 0 && b == 0) return;
    const std::string change =
        a == b ? "" : fmt::format("{:+}", static_cast<int64_t>(b) - static_cast<int64_t>(a));
    table_.row({what, a ? std::to_string(a) : "-", b ? std::to_string(b) : "-", change});
  }
  void bytes(const std::string& what, Bytes a, Bytes b) {
    if (a == Bytes{0} && b == Bytes{0}) return;
    const std::string change = a == b  ? ""
                               : a < b ? fmt::format("+{}", size_text(b - a))
                                       : fmt::format("-{}", size_text(a - b));
    table_.row({what, size_text(a), size_text(b), change});
  }
  void time(const std::string& what, std::optional<Nanos> a, std::optional<Nanos> b) {
    if (!a && !b) return;
    std::string change;
    if (a && b) change = fmt::format("{}{}", *a < *b ? "+" : "", duration_text(*b - *a));
    table_.row(
        {what, a ? duration_text(*a) : "not known", b ? duration_text(*b) : "not known", change});
  }
  void print(std::ostream& out) const { table_.print(out, 2); }

 private:
  Table table_;
};

void print_totals(std::ostream& out, const TraceDiff& diff, const DiffTrace& a, const DiffTrace& b,
                  const DiffNames& names) {
  const Figures in_a = Figures::of(a), in_b = Figures::of(b);
  Totaled table(names);
  table.count("calls", diff.a.calls, diff.b.calls);
  for (const SpaceCount& one : diff.spaces) {
    if (diff.spaces.size() > 1) table.count("  " + space_text(one.space), one.a, one.b);
  }
  for (const CauseCount& one : diff.causes) {
    table.count(fmt::format("  {}", cause_name(one.cause)), one.a, one.b);
  }
  table.count("redundant pairs", in_a.redundant, in_b.redundant);
  table.count("restored pairs", in_a.restored, in_b.restored);
  table.count("mirrors", in_a.mirrors, in_b.mirrors);
  table.count("holes", in_a.holes, in_b.holes);
  table.time("longest hole", in_a.longest_hole, in_b.longest_hole);
  table.bytes("collateral", in_a.collateral, in_b.collateral);
  table.time("time in calls", in_a.time, in_b.time);
  table.print(out);
}

std::string run_what(const DiffRun& run) {
  std::string text;
  const auto add = [&](uint64_t n, const char* one, const char* many) {
    if (n > 0) text += (text.empty() ? "" : ", ") + count_text(n, one, many);
  };
  add(run.creates, "create", "creates");
  add(run.deletes, "delete", "deletes");
  add(run.count - run.creates - run.deletes, "other", "others");
  return text;
}

void print_side(std::ostream& out, const DiffSide& side, const std::string& name,
                const Style& style) {
  if (side.only == 0) return;
  fmt::print(out, "\n{}\n", style.bold("only in " + name));
  Table table({{"calls", Table::Align::left},
               {"", Table::Align::right},
               {"as"},
               {"why", Table::Align::left},
               {"what", Table::Align::left},
               {"where", Table::Align::left}});
  if (side.only_mirrors > 0) {
    table.row({"", std::to_string(side.only_mirrors), "1", "the same commits as address space 0",
               "", ""});
  }
  size_t left_out = 0, calls_left_out = 0, shown = 0;
  for (const DiffRun& run : side.runs) {
    if (run.mirrors > 0) continue;
    if (shown++ >= shown_runs) {
      ++left_out;
      calls_left_out += run.count;
      continue;
    }
    const std::string calls =
        run.calls.first == run.calls.last
            ? std::to_string(run.calls.first.value)
            : fmt::format("{}-{}", run.calls.first.value, run.calls.last.value);
    table.row({calls, std::to_string(run.count), std::to_string(run.as.value),
               cause_name(run.cause), run_what(run),
               fmt::format("{:#x}-{:#x}", run.range.begin.value, run.range.end.value - 1)});
  }
  table.print(out, 2);
  if (left_out > 0) {
    fmt::print(out, "  and {} in {} more places\n", count_text(calls_left_out, "call", "calls"),
               left_out);
  }
}

void print_ends(std::ostream& out, const TraceDiff& diff, const DiffNames& names,
                const Style& style) {
  std::string text;
  for (const FinalSpace& one : diff.final_spaces) {
    text += fmt::format("{}{} ", text.empty() ? "" : "; ", space_text(one.space));
    if (one.in_a != one.in_b) {
      text += fmt::format("only in {}", one.in_a ? names.a : names.b);
    } else if (one.equal()) {
      text += "equal";
    } else {
      text += fmt::format("differs ({} only in {}, {} only in {})",
                          count_text(one.only_a, "slot", "slots"), names.a, one.only_b, names.b);
    }
  }
  const std::string line = fmt::format("final maps: {}", text.empty() ? "no slots" : text);
  fmt::print(out, "\n{}\n", wrapped_text(line, 0, style.width));
}

void print_loss(std::ostream& out, const DiffTrace& trace, const std::string& name,
                const Style& style) {
  for (const auto& [id, vm] : trace.findings) {
    if (!vm.uncertain_from) continue;
    const std::string line =
        fmt::format("{} is uncertain from call {} on: it does not show all that came before.", name,
                    vm.uncertain_from->value);
    fmt::print(out, "{}\n", style.warn(wrapped_text(line, 0, style.width)));
    return;
  }
}

}  // namespace

void print_diff(std::ostream& out, const TraceDiff& diff, const DiffTrace& a, const DiffTrace& b,
                const DiffNames& names, const Style& style) {
  print_loss(out, a, names.a, style);
  print_loss(out, b, names.b, style);
  fmt::print(out, "{}\n", style.bold(wrapped_text(headline(diff, names), 0, style.width)));
  if (diff.b.only_mirrors + diff.a.only_mirrors > 0) {
    const DiffSide& side = diff.b.only_mirrors >= diff.a.only_mirrors ? diff.b : diff.a;
    fmt::print(out, "{} of the {} only repeat in address space 1 what the same commit does in 0.\n",
               side.only_mirrors, side.only);
  }
  out << '\n';
  print_totals(out, diff, a, b, names);
  print_side(out, diff.a, names.a, style);
  print_side(out, diff.b, names.b, style);
  print_ends(out, diff, names, style);
}

}  // namespace slotscope
