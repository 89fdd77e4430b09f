#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "analyzer/cli/command.h"
#include "analyzer/cli/options.h"
#include "analyzer/cli/read_report.h"
#include "analyzer/render/json/budget_json.h"
#include "analyzer/render/text/check_text.h"
#include "analyzer/render/text/wrapped_text.h"

namespace slotscope {
namespace {

namespace po = boost::program_options;

constexpr Usage check_usage = {
    .synopsis = "check [options] TRACE (--budget FILE | --suggest)",
    .about =
        "Holds a trace against a budget; exits 1 when a limit is broken, or can't be said to\n"
        "be kept because the trace does not show all calls. A budget is a JSON object with\n"
        "its schema, names and the most that each may be, at least\n"
        "  {\"schema\": \"slotscope.budget/1\", \"calls\": 60}\n"
        "--suggest writes one without what slotscope only infers: causes, and where a trace\n"
        "does not mark its commits, what is counted by commit.",
    .examples =
        "  slotscope check boot.slots --suggest > budget.json\n"
        "  slotscope check boot.slots --budget budget.json\n",
};

constexpr size_t largest_budget = 1 << 20;

Result<std::vector<Limit>> read_budget(const std::string& path) {
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown)) {
    return Diagnostic{.fault = Fault::bad_input,
                      .place = path,
                      .message = "is a directory",
                      .advice = "--budget takes a file"};
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return Diagnostic{.fault = Fault::bad_input,
                      .place = path,
                      .message = "can't open the budget",
                      .advice = "does the file exist?"};
  }
  std::string text(largest_budget + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > largest_budget) {
    return Diagnostic{.place = path, .message = "larger than 1 MiB: not a budget"};
  }
  if (file.bad()) return Diagnostic{.place = path, .message = "can't be read"};
  return parse_budget(text, path);
}

Diagnostic no_call(const Report& report) {
  return {
      .fault = Fault::bad_input,
      .place = report.trace.path,
      .message = report.summary.cut_off() ? "is cut off before its first memslot call"
                                          : "has no memslot call: nothing keeps a budget",
      .advice = "capture it with slotscope record, strace, or QEMU's -trace kvm_set_user_memory"};
}

Result<Exit> suggest_budget(const Report& report, Streams& streams) {
  if (const TraceGaps gaps = gaps_of(report); gaps.any()) {
    return Diagnostic{.fault = Fault::bad_input,
                      .place = report.trace.path,
                      .message = "no budget for a boot can be taken from it: " + gaps_text(gaps),
                      .advice = "capture a whole boot, from before its first call"};
  }
  const std::vector<Measure> measures = measures_of(report);
  streams.out << json_text(budget_json(measures), 2) << '\n';
  std::string left_out;
  bool causes = false;
  for (const Measure& one : measures) {
    if (!one.inferred || !one.value) continue;
    const bool cause = one.name.starts_with("cause.");
    if (!cause || !causes)
      left_out += (left_out.empty() ? "" : ", ") + (cause ? std::string("cause.*") : one.name);
    causes |= cause;
  }
  if (!left_out.empty()) {
    streams.err << wrapped_text("left out, because slotscope infers them: " + left_out, 0,
                                streams.err_style.width)
                << '\n';
  }
  return Exit::done;
}

}  // namespace

Result<Exit> run_check(const std::vector<std::string>& arguments, Streams& streams) {
  Options command(check_usage);
  bool suggest = false;
  std::optional<std::string> budget;
  command.add()("budget",
                po::value<std::string>()->value_name("FILE")->notifier(
                    [&](const std::string& path) { budget = path; }),
                "the limits, as JSON")("suggest", po::bool_switch(&suggest),
                                       "print the budget that this trace just keeps");
  auto parsed = ReadingOptions::parse(command, arguments, 1, streams);
  if (!parsed) return std::move(parsed).error();
  if (!*parsed) return Exit::done;
  const ReadingOptions& options = **parsed;
  if (suggest == budget.has_value()) {
    return Diagnostic{
        .fault = Fault::usage,
        .message = "check wants either --budget FILE or --suggest",
        .advice = "usage: slotscope check [options] TRACE (--budget FILE | --suggest)"};
  }
  std::vector<Limit> limits;
  if (budget) {
    Result<std::vector<Limit>> read = read_budget(*budget);
    if (!read) return std::move(read).error();
    limits = *std::move(read);
  }
  Result<Report> report = read_report(options.traces.front(), options, streams);
  if (!report) return std::move(report).error();
  if (report->totals.calls == 0) return no_call(*report);
  if (suggest) return suggest_budget(*report, streams);
  const BudgetCheck check = check_budget(limits, *report);
  if (options.json) {
    streams.out << json_text(check_json(check, report->trace.path), 2) << '\n';
  } else {
    print_check(streams.out, check, report->trace.path, options.style);
  }
  return check.kept() ? Exit::done : Exit::no;
}

}  // namespace slotscope
