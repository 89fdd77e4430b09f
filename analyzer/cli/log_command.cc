#include "analyzer/cli/command.h"
#include "analyzer/cli/options.h"
#include "analyzer/cli/read_trace.h"
#include "analyzer/findings/commit_log.h"
#include "analyzer/render/log_json.h"
#include "analyzer/render/log_text.h"

namespace slotscope {
namespace {

constexpr Usage usage = {
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
  Options command(usage);
  ReadingOptions::add_to(command);
  auto values = command.parse(arguments, streams);
  if (!values) return std::move(values).error();
  if (!*values) return Exit::done;
  Result<ReadingOptions> options = ReadingOptions::from(**values, 1, streams);
  if (!options) return std::move(options).error();
  Result<std::unique_ptr<Source>> source = open_for_reading(options->traces.front(), *options);
  if (!source) return std::move(source).error();
  const TraceInfo& info = (*source)->info();
  Model model(options->kernel, info.faithful);
  std::optional<LogText> text;
  if (options->json) {
    streams.out << json_text(log_head_json(info)) << '\n';
  } else {
    text.emplace(streams.out, info, options->style);
  }
  CommitLog log([&](const LogItem& item) {
    if (text) {
      item.is_call ? text->entry(item.entry, item.cause) : text->other(item.event);
      return;
    }
    const Json line =
        item.is_call ? log_entry_json(item.entry, item.cause) : log_other_json(item.event);
    if (!line.is_null()) streams.out << json_text(line) << '\n';
  });
  Status read =
      for_each_event(**source, model, options->vm, [&](const Event& event, const Step* step) {
        log.add(event, step);
        return true;
      });
  log.finish(model);
  if (!read) return std::move(read).error();
  print_warnings(**source, streams);
  Status found = check_vm_found(model, *options, info);
  if (!found) return std::move(found).error();
  return Exit::done;
}

}  // namespace slotscope
