#include "analyzer/cli/command.h"
#include "analyzer/cli/log_lines.h"
#include "analyzer/cli/options.h"
#include "analyzer/cli/trace_run.h"
#include "analyzer/render/text/diagnostic_text.h"

namespace po = boost::program_options;

namespace slotscope {
namespace {

constexpr Usage log_usage = {
    .synopsis = "log [options] TRACE",
    .about =
        "One line per call: the update that it was, the slot that it created, changed or\n"
        "deleted, and the host memory behind it (A, B, ... are the VMM's memory regions).\n"
        "Lines between say why, where that changes, and what the VMM said itself.",
    .examples =
        "  slotscope log traces/notes/smm-on.log\n"
        "  slotscope log --json boot.slots | jq -c 'select(.update==\"delete\")'\n",
};

}  // namespace

Result<Exit> run_log(const std::vector<std::string>& arguments, Streams& streams) {
  Options command(log_usage);
  bool want_stacks = false;
  command.add()("stacks", po::bool_switch(&want_stacks),
                "the functions that led to each call (recorded with record --stacks)");
  auto parsed = ReadingOptions::parse(command, arguments, 1, streams);
  if (!parsed) return std::move(parsed).error();
  if (!*parsed) return Exit::done;
  const ReadingOptions& options = **parsed;
  Result<TraceRun> run = TraceRun::open(options.traces.front(), options);
  if (!run) return std::move(run).error();
  LogLines log(streams.out, run->info(),
               {.json = options.json, .stacks = want_stacks, .style = options.style});
  bool any_stack = false;
  Status read = run->each([&](const Event& event, const Step* step) {
    log.add(event, step);
    any_stack = any_stack || (step && step->call->stack.value != 0);
    return true;
  });
  log.finish();
  if (read) log.end(run->summary());
  if (!read) return std::move(read).error();
  run->print_warnings(streams);
  if (want_stacks && !any_stack) {
    streams.err << diagnostic_text({.place = run->info().path,
                                    .message = "no call of this trace has a stack",
                                    .advice = "slotscope record --stacks takes them"},
                                   "warning", streams.err_style);
  }
  Status found = run->check_vm_found();
  if (!found) return std::move(found).error();
  return Exit::done;
}

}  // namespace slotscope
