#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "analyzer/cli/command.h"
#include "analyzer/cli/options.h"
#include "analyzer/cli/read_report.h"
#include "analyzer/render/budget_json.h"
#include "analyzer/render/check_text.h"

namespace slotscope {
namespace {

namespace po = boost::program_options;

constexpr Usage usage = {
    .synopsis = "check [options] TRACE (--budget FILE | --suggest)",
    .about =
        "Holds a trace against a budget and exits 1 when a limit is broken. A budget is a\n"
        "JSON object of names and the most that each may be; --suggest writes one.",
    .examples =
        "  slotscope check boot.slots --suggest > budget.json\n"
        "  slotscope check boot.slots --budget budget.json\n",
};

constexpr size_t largest_budget = 1 << 20;

Result<std::vector<Limit>> read_budget(const std::string& path) {
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
  return parse_budget(text, path);
}

}  // namespace

Result<Exit> run_check(const std::vector<std::string>& arguments, Streams& streams) {
  Options command(usage);
  command.add()("budget", po::value<std::string>()->value_name("FILE"), "the limits, as JSON")(
      "suggest", "print the budget that this trace just keeps");
  ReadingOptions::add_to(command);
  auto values = command.parse(arguments, streams);
  if (!values) return std::move(values).error();
  if (!*values) return Exit::done;
  Result<ReadingOptions> options = ReadingOptions::from(**values, 1, streams);
  if (!options) return std::move(options).error();
  const bool suggest = (*values)->count("suggest") > 0;
  if (suggest == ((*values)->count("budget") > 0)) {
    return Diagnostic{
        .fault = Fault::usage,
        .message = "check wants either --budget FILE or --suggest",
        .advice = "usage: slotscope check [options] TRACE (--budget FILE | --suggest)"};
  }
  std::vector<Limit> limits;
  if (!suggest) {
    Result<std::vector<Limit>> budget = read_budget((**values)["budget"].as<std::string>());
    if (!budget) return std::move(budget).error();
    limits = *std::move(budget);
  }
  Result<Report> report = read_report(options->traces.front(), *options, streams);
  if (!report) return std::move(report).error();
  if (suggest) {
    streams.out << json_text(budget_json(measures_of(*report)), 2) << '\n';
    return Exit::done;
  }
  const BudgetCheck check = check_budget(limits, *report);
  if (options->json) {
    streams.out << json_text(check_json(check, report->trace.path), 2) << '\n';
  } else {
    print_check(streams.out, check, report->trace.path, options->style);
  }
  return check.broken > 0 ? Exit::no : Exit::done;
}

}  // namespace slotscope
