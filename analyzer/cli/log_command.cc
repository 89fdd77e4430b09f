#include "analyzer/cli/command.h"
#include "analyzer/cli/log_lines.h"
#include "analyzer/cli/options.h"
#include "analyzer/cli/read_trace.h"
#include "analyzer/render/text/diagnostic_text.h"

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
  command.add()("stacks", "the functions that led to each call (recorded with record --stacks)");
  ReadingOptions::add_to(command);
  auto values = command.parse(arguments, streams);
  if (!values) return std::move(values).error();
  if (!*values) return Exit::done;
  Result<ReadingOptions> options = ReadingOptions::from(**values, 1, streams);
  if (!options) return std::move(options).error();
  Result<std::unique_ptr<Source>> source = open_for_reading(options->traces.front(), *options);
  if (!source) return std::move(source).error();
  const TraceInfo& info = (*source)->info();
  Model model(options->kernel_for(info), info.faithful);
  const bool want_stacks = (*values)->count("stacks") > 0;
  LogLines log(streams.out, info,
               {.json = options->json, .stacks = want_stacks, .style = options->style});
  bool any_stack = false;
  Status read =
      for_each_event(**source, model, options->vm, [&](const Event& event, const Step* step) {
        log.add(event, step);
        any_stack = any_stack || (step && step->call->stack.value != 0);
        return true;
      });
  log.finish();
  if (read && (*source)->summary().cut_off()) log.cut_off();
  if (!read) return std::move(read).error();
  print_warnings(**source, streams);
  if (want_stacks && !any_stack) {
    streams.err << diagnostic_text({.place = info.path,
                                    .message = "no call of this trace has a stack",
                                    .advice = "slotscope record --stacks takes them"},
                                   "warning", streams.err_style);
  }
  Status found = check_vm_found(model, *options, info);
  if (!found) return std::move(found).error();
  return Exit::done;
}

}  // namespace slotscope
