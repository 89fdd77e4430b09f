#include "analyzer/render/text/diff_text.h"

#include <fmt/ostream.h>

#include <algorithm>
#include <optional>
#include <set>

#include "analyzer/diff/figures.h"
#include "analyzer/render/text/cause_text.h"
#include "analyzer/render/text/failure_text.h"
#include "analyzer/render/text/table.h"
#include "analyzer/render/text/units_text.h"
#include "analyzer/render/text/wrapped_text.h"

namespace slotscope {
namespace {

constexpr size_t shown_runs = 20;

// VMs are told apart where there are several.
class Headings {
 public:
  explicit Headings(const TraceDiff& diff) : diff_(diff) {
    std::set<VmId> vms;
    for (const SpaceCount& one : diff.spaces) vms.insert(one.space.vm);
    for (const FinalSpace& one : diff.final_spaces) vms.insert(one.space.vm);
    several_vms_ = vms.size() > 1;
  }

  bool several_vms() const { return several_vms_; }
  std::string space(SpaceKey space) const {
    const std::string vm = several_vms_ ? fmt::format("VM {} ", space.vm.value) : "";
    return fmt::format("{}address space {}{}", vm, space.as.value,
                       space.as.value == 1 ? " (SMM)" : "");
  }
  std::string common(const DiffNames& names) const;

 private:
  using Only = uint64_t SpaceCount::*;
  std::string where(Only only, uint64_t all) const;
  std::string only_text(Only only, uint64_t all) const;
  std::string more_text(Only only, uint64_t all) const;

  const TraceDiff& diff_;
  bool several_vms_ = false;
};

// "in address space 0", or where there are several "54 in address space 1 (SMM), 6 in ...".
std::string Headings::where(Only only, uint64_t all) const {
  std::vector<SpaceCount> spaces = diff_.spaces;
  std::stable_sort(spaces.begin(), spaces.end(),
                   [&](const SpaceCount& a, const SpaceCount& b) { return a.*only > b.*only; });
  if (spaces.front().*only == all) return "in " + space(spaces.front().space);
  std::string text;
  for (const SpaceCount& one : spaces) {
    if (one.*only == 0) continue;
    text += fmt::format("{}{} in {}", text.empty() ? "" : ", ", one.*only, space(one.space));
  }
  return text;
}

std::string Headings::only_text(Only only, uint64_t all) const {
  const std::string at = where(only, all), calls = count_text(all, "call", "calls");
  return at.starts_with("in ") ? fmt::format("{} {}", calls, at)
                               : fmt::format("{} ({})", calls, at);
}

std::string Headings::more_text(Only only, uint64_t all) const {
  const std::string at = where(only, all);
  return at.starts_with("in ")
             ? fmt::format("{} {}", count_text(all, "more call", "more calls"), at)
             : fmt::format("{} more: {}", all, at);
}

std::string Headings::common(const DiffNames& names) const {
  const DiffSide &a = diff_.a, &b = diff_.b;
  const std::string common = count_text(diff_.matched, "call", "calls");
  const char* order = diff_.matched > 1 ? ", in the same order" : "";
  if (a.calls == 0 || b.calls == 0) {
    if (a.calls == b.calls) return fmt::format("Neither {} nor {} has a call.", names.a, names.b);
    const bool in_a = a.calls > 0;
    return fmt::format(
        "{} has no call; {} has {}.", in_a ? names.b : names.a, in_a ? names.a : names.b,
        in_a ? only_text(&SpaceCount::only_a, a.only) : only_text(&SpaceCount::only_b, b.only));
  }
  if (a.only == 0 && b.only == 0) {
    return fmt::format("{} and {} do the same {}{}.", names.a, names.b, common, order);
  }
  if (a.only == 0 || b.only == 0) {
    const bool in_b = a.only == 0;
    return fmt::format(
        "{} does {} of {}{}, and {}.", in_b ? names.b : names.a,
        diff_.matched > 1 ? "all " + common : "the 1 call", in_b ? names.a : names.b, order,
        in_b ? more_text(&SpaceCount::only_b, b.only) : more_text(&SpaceCount::only_a, a.only));
  }
  return fmt::format("{} in common{}; only {} has {}, only {} has {}.",
                     diff_.matched > 0 ? common : "No call", order, names.a,
                     only_text(&SpaceCount::only_a, a.only), names.b,
                     only_text(&SpaceCount::only_b, b.only));
}

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

std::string cause_count_text(const CauseCount& one) {
  const uint64_t doubtful = one.doubtful_a + one.doubtful_b;
  if (doubtful == one.a + one.b) return cause_name(one.cause, Confidence::low);
  const std::string name = cause_name(one.cause);
  return doubtful == 0 ? name : name + " (some perhaps)";
}

void print_totals(std::ostream& out, const TraceDiff& diff, const DiffTrace& a, const DiffTrace& b,
                  const DiffNames& names, const Headings& headings) {
  const DiffFigures in_a = figures_of(a), in_b = figures_of(b);
  Totaled table(names);
  table.count("calls", diff.a.calls, diff.b.calls);
  for (const SpaceCount& one : diff.spaces) {
    if (diff.spaces.size() > 1) table.count("  " + headings.space(one.space), one.a, one.b);
  }
  for (const CauseCount& one : diff.causes) {
    table.count("  " + cause_count_text(one), one.a, one.b);
  }
  table.count("redundant pairs", in_a.redundant, in_b.redundant);
  table.count("restored pairs", in_a.restored, in_b.restored);
  table.count("mirrors", in_a.mirrors, in_b.mirrors);
  table.count("idle calls", in_a.idle_calls, in_b.idle_calls);
  table.count("needless cuts", in_a.needless_cuts, in_b.needless_cuts);
  table.count("holes", in_a.holes, in_b.holes);
  table.time("longest hole", in_a.longest_hole, in_b.longest_hole);
  table.bytes("collateral", in_a.collateral, in_b.collateral);
  table.time("time in calls", in_a.time_in_calls, in_b.time_in_calls);
  table.print(out);
}

std::string run_what(const DiffRun& run) {
  std::string text;
  const auto add = [&](uint64_t n, const char* one, const char* many) {
    if (n > 0) text += (text.empty() ? "" : ", ") + count_text(n, one, many);
  };
  add(run.updates.create, "create", "creates");
  add(run.updates.del, "delete", "deletes");
  add(run.updates.move, "move", "moves");
  add(run.updates.flags, "change of flags", "changes of flags");
  add(run.updates.no_change, "without effect", "without effect");
  add(run.updates.rejected, "rejected", "rejected");
  return text;
}

void print_side(std::ostream& out, const DiffSide& side, const std::string& name, bool several_vms,
                const Style& style) {
  if (side.only == 0) return;
  fmt::print(out, "\n{}\n", style.bold("only in " + name));
  Table table({{"calls", Table::Align::left},
               {"", Table::Align::right},
               {several_vms ? "vm:as" : "as"},
               {"why", Table::Align::left},
               {"what", Table::Align::left},
               {"where", Table::Align::left}});
  if (side.only_mirrors > 0) {
    table.row({"", std::to_string(side.only_mirrors), several_vms ? "" : "1",
               "the same commits as address space 0", "", ""});
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
    table.row({calls, std::to_string(run.count),
               several_vms ? fmt::format("{}:{}", run.vm.value, run.as.value)
                           : std::to_string(run.as.value),
               cause_name(run.cause, run.confidence), run_what(run),
               fmt::format("{:#x}-{:#x}", run.range.begin.value, run.range.end.value - 1)});
  }
  table.print(out, 2);
  if (left_out > 0) {
    fmt::print(out, "  and {} in {} more places\n", count_text(calls_left_out, "call", "calls"),
               left_out);
  }
}

void print_ends(std::ostream& out, const TraceDiff& diff, const DiffNames& names,
                const Headings& headings, const Style& style) {
  std::string text;
  for (const FinalSpace& one : diff.final_spaces) {
    text += fmt::format("{}{} ", text.empty() ? "" : "; ", headings.space(one.space));
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

// What a side does not show, and what failed in it, before anything is concluded.
void print_state(std::ostream& out, const DiffTrace& trace, const std::string& name,
                 const Style& style) {
  const auto warn = [&](const std::string& line) {
    fmt::print(out, "{}\n", style.warn(wrapped_text(line, 0, style.width)));
  };
  for (const auto& [id, vm] : trace.findings) {
    if (!vm.uncertain_from) continue;
    warn(fmt::format("{} is uncertain from call {} on: it does not show all that came before.",
                     name, vm.uncertain_from->value));
    break;
  }
  if (trace.completeness.cut_off()) {
    warn(fmt::format("{} is cut off after call {}: what came later is not in it.", name,
                     trace.totals.calls));
  }
  for (const VmTotals& vm : trace.totals.vms) {
    if (vm.rejected == 0) continue;
    const std::string who =
        trace.totals.vms.size() > 1 ? fmt::format("{}, VM {}", name, vm.vm.value) : name;
    warn(fmt::format("{}: {}", who, failure_text(vm)));
  }
}

}  // namespace

void print_diff(std::ostream& out, const TraceDiff& diff, const DiffTrace& a, const DiffTrace& b,
                const DiffNames& names, const Style& style) {
  const Headings headings(diff);
  print_state(out, a, names.a, style);
  print_state(out, b, names.b, style);
  if (!diff.exact) {
    const char* line =
        "So much differs that the search for calls that correspond was cut short: there may be "
        "more "
        "of them than this says.";
    fmt::print(out, "{}\n", style.warn(wrapped_text(line, 0, style.width)));
  }
  fmt::print(out, "{}\n", style.bold(wrapped_text(headings.common(names), 0, style.width)));
  if (diff.b.only_mirrors + diff.a.only_mirrors > 0) {
    const DiffSide& side = diff.b.only_mirrors >= diff.a.only_mirrors ? diff.b : diff.a;
    fmt::print(out, "{} of the {} only repeat in address space 1 what the same commit does in 0.\n",
               side.only_mirrors, side.only);
  }
  out << '\n';
  print_totals(out, diff, a, b, names, headings);
  print_side(out, diff.a, names.a, headings.several_vms(), style);
  print_side(out, diff.b, names.b, headings.several_vms(), style);
  print_ends(out, diff, names, headings, style);
}

}  // namespace slotscope
