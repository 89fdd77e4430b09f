#include "analyzer/base/escape.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/options.h"
#include "analyzer/cli/read_report.h"
#include "analyzer/render/json/report_json.h"
#include "analyzer/render/text/report_text.h"

namespace slotscope {
namespace {

constexpr Usage report_usage = {
    .synopsis = "report [options] TRACE...",
    .about =
        "Says what happened in a trace: how many calls, in which address space, creating,\n"
        "deleting, moving or changing what, in how many commits, and what was left.\n"
        "A TRACE is a file of any format slotscope reads, gzip or zstd too, or -.",
    .examples =
        "  slotscope report traces/notes/smm-off.log traces/notes/smm-on.log\n"
        "  qemu-system-x86_64 -accel kvm ... -trace kvm_set_user_memory 2>&1 |\n"
        "    slotscope report -\n",
};

}  // namespace

Result<Exit> run_report(const std::vector<std::string>& arguments, Streams& streams) {
  Options command(report_usage);
  auto parsed = ReadingOptions::parse(command, arguments, SIZE_MAX, streams);
  if (!parsed) return std::move(parsed).error();
  if (!*parsed) return Exit::done;
  const ReadingOptions& options = **parsed;
  bool first = true;
  for (const std::string& path : options.traces) {
    Result<Report> report = read_report(path, options, streams);
    if (!report) return std::move(report).error();
    if (options.json) {
      streams.out << json_text(report_json(*report), 2) << '\n';
      continue;
    }
    if (!first) streams.out << '\n';
    first = false;
    if (options.traces.size() > 1) streams.out << escape_for_terminal(path) << ": ";
    print_report(streams.out, *report, options.style);
  }
  return Exit::done;
}

}  // namespace slotscope
