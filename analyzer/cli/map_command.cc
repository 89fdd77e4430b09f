#include <fmt/format.h>

#include "analyzer/cli/command.h"
#include "analyzer/cli/options.h"
#include "analyzer/cli/trace_point.h"
#include "analyzer/cli/trace_run.h"
#include "analyzer/render/json/map_json.h"
#include "analyzer/render/text/map_text.h"
#include "analyzer/views/memory_map.h"

namespace po = boost::program_options;

namespace slotscope {
namespace {

constexpr Usage map_usage = {
    .synopsis = "map [options] TRACE",
    .about =
        "The guest's memory map at a point of the trace: every slot of every address space,\n"
        "what is not mapped between them, and the host memory behind them.",
    .examples =
        "  slotscope map traces/notes/smm-on.log --at 47\n"
        "  slotscope map boot.slots --at 1.5s --json\n",
};

// Whether the trace is past the point once `event` is applied, so that it must not be.
bool is_past(const TracePoint& point, const Event& event, CallNumber done,
             std::optional<Nanos> first) {
  const Call* call = std::get_if<Call>(&event);
  if (!call || call->origin == Origin::snapshot) return false;
  if (const CallNumber* number = std::get_if<CallNumber>(&point)) return done >= *number;
  const Nanos* since = std::get_if<Nanos>(&point);
  return since && call->time && first && *call->time - *first > *since;
}

struct MapAtPoint {
  MemoryMap map;
  bool reached_end = false;
};

// From the first call, even where a checkpoint would let it begin in the middle: commits, host
// memory and times count from there, and an answer must not depend on how the trace could be read.
Result<MapAtPoint> map_at(TraceRun& run, const TracePoint& point) {
  MemoryMapBuilder builder;
  std::optional<Nanos> first;
  bool past = false;
  const auto is_past = [&](const Event& event) {
    if (const Call* call = std::get_if<Call>(&event); call && !first && run.is_selected(event)) {
      first = call->time;
    }
    return past = slotscope::is_past(point, event, run.model().calls(), first);
  };
  Status read = run.each_before(is_past, [&](const Event& event, const Step* step) {
    builder.add(event, step);
    return true;
  });
  if (!read) return std::move(read).error();
  if (Status found = run.check_vm_found(); !past && !found) return std::move(found).error();
  MapAtPoint found{builder.at_this_point(run.model()), !past};
  found.map.cut_off = !past && run.summary().cut_off();
  return found;
}

Status check_reached(const MapAtPoint& found, const TracePoint& point, const TraceInfo& info) {
  if (const CallNumber* wanted = std::get_if<CallNumber>(&point);
      wanted && found.map.after < *wanted) {
    return Diagnostic{.fault = Fault::usage,
                      .place = info.path,
                      .message = fmt::format("has {} calls, there is no call {}",
                                             found.map.after.value, wanted->value)};
  }
  if (std::holds_alternative<Nanos>(point) && info.clock == Clock::none) {
    return Diagnostic{.fault = Fault::usage,
                      .place = info.path,
                      .message = "has no times",
                      .advice = "give a call number instead (--at 47)"};
  }
  return ok();
}

}  // namespace

Result<Exit> run_map(const std::vector<std::string>& arguments, Streams& streams) {
  Options command(map_usage);
  std::string at;
  command.add()("at", po::value(&at)->value_name("POINT")->default_value("end"),
                "after that call (47), that long after the first call (1.5s), or end");
  auto parsed = ReadingOptions::parse(command, arguments, 1, streams);
  if (!parsed) return std::move(parsed).error();
  if (!*parsed) return Exit::done;
  const ReadingOptions& options = **parsed;
  Result<TracePoint> point = parse_trace_point(at);
  if (!point) return std::move(point).error();
  Result<TraceRun> run = TraceRun::open(options.traces.front(), options);
  if (!run) return std::move(run).error();
  Result<MapAtPoint> found = map_at(*run, *point);
  if (!found) return std::move(found).error();
  if (found->reached_end) run->print_warnings(streams);
  Status reached = check_reached(*found, *point, run->info());
  if (!reached) return std::move(reached).error();
  if (options.json) {
    streams.out << json_text(map_json(found->map, run->info().path), 2) << '\n';
  } else {
    const auto calls = found->reached_end ? std::optional(found->map.after) : std::nullopt;
    print_map(streams.out, found->map, calls, options.style);
  }
  return Exit::done;
}

}  // namespace slotscope
