// A trace of any format through recognition, the model, the findings and every renderer.
#include <cstdint>
#include <sstream>
#include <string_view>

#include "analyzer/findings/report.h"
#include "analyzer/format/registry.h"
#include "analyzer/render/json/log_json.h"
#include "analyzer/render/json/map_json.h"
#include "analyzer/render/json/report_json.h"
#include "analyzer/render/text/log_text.h"
#include "analyzer/render/text/map_text.h"
#include "analyzer/render/text/report_text.h"
#include "analyzer/views/commit_log.h"
#include "analyzer/views/memory_map.h"

using namespace slotscope;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto source = open_trace(memory_bytes(bytes), "fuzz", {.keep_going = true});
  if (!source) return 0;
  const TraceInfo& info = (*source)->info();
  Model model(newest_kernel(), info.faithful);
  TotalsBuilder totals;
  FindingsBuilder findings(clues_of(info));
  MemoryMapBuilder map;
  std::ostringstream out;
  LogText text(out, info, {});
  CommitLog log(
      [&](const LogItem& item) {
        item.is_call ? text.call(item) : text.other(item.event);
        std::string line;
        if (item.is_call) append_log_call(line, item, *info.stacks);
        out << line << (item.is_call ? "" : json_text(log_other_json(item.event)));
        if (out.tellp() > 1 << 16) out.str({});
      },
      clues_of(info));
  EventBatch batch;
  while (true) {
    Result<bool> more = (*source)->read(batch);
    for (const Event& event : batch) {
      const Step* step = model.apply(event);
      totals.add(event, step);
      findings.add(event, step);
      map.add(event, step);
      log.add(event, step);
    }
    if (!more || !*more) break;
  }
  log.finish();
  const Report report{.trace = info,
                      .summary = (*source)->summary(),
                      .kernel = newest_kernel(),
                      .totals = totals.finish(model),
                      .findings = findings.finish(model)};
  print_report(out, report, {});
  out << json_text(report_json(report));
  const MemoryMap at_end = map.at_this_point(model);
  print_map(out, at_end, model.calls(), {});
  out << json_text(map_json(at_end, "fuzz"));
  return 0;
}
