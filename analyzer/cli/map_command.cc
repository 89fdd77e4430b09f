#include <fmt/format.h>

#include "analyzer/cli/command.h"
#include "analyzer/cli/options.h"
#include "analyzer/cli/read_trace.h"
#include "analyzer/cli/trace_point.h"
#include "analyzer/render/json/map_json.h"
#include "analyzer/render/text/map_text.h"
#include "analyzer/views/memory_map.h"

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
// memory and times count from there, and an answer must not hang on how the trace could be read.
Result<MapAtPoint> map_at(Source& source, const ReadingOptions& options, const TracePoint& point) {
  Model model(options.kernel_for(source.info()), source.info().faithful);
  MemoryMapBuilder builder;
  std::optional<Nanos> first;
  bool past = false;
  TraceBounds bounds;
  EventBatch batch;
  while (!past) {
    Result<bool> more = source.read(batch);
    for (const Event& event : batch) {
      const bool wanted = !options.vm || selected(event, options.vm);
      if (const Call* call = std::get_if<Call>(&event); call && wanted && !first) {
        first = call->time;
      }
      past = is_past(point, event, model.calls(), first);
      if (past) break;
      if (TraceBounds::concern(event)) {
        Status admitted = bounds.admit(std::get<Call>(event));
        if (!admitted) return placed(admitted, source.info()).error();
      }
      if (wanted) {
        builder.add(event, model.apply(event));
      } else {
        model.skip(event);
      }
    }
    if (past) break;
    if (!more) return std::move(more).error();
    if (!*more) break;
  }
  if (Status found = check_vm_found(model, options, source.info()); !past && !found) {
    return std::move(found).error();
  }
  MapAtPoint found_map{builder.at_this_point(model), !past};
  found_map.map.cut_off = !past && source.summary().cut_off();
  return found_map;
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
  command.add()(
      "at", boost::program_options::value<std::string>()->value_name("POINT")->default_value("end"),
      "after that call (47), that long after the first call (1.5s), or end");
  ReadingOptions::add_to(command);
  auto values = command.parse(arguments, streams);
  if (!values) return std::move(values).error();
  if (!*values) return Exit::done;
  Result<ReadingOptions> options = ReadingOptions::from(**values, 1, streams);
  if (!options) return std::move(options).error();
  Result<TracePoint> point = parse_trace_point((**values)["at"].as<std::string>());
  if (!point) return std::move(point).error();
  Result<std::unique_ptr<Source>> source = open_for_reading(options->traces.front(), *options);
  if (!source) return std::move(source).error();
  Result<MapAtPoint> found = map_at(**source, *options, *point);
  if (!found) return std::move(found).error();
  if (found->reached_end) print_warnings(**source, streams);
  Status reached = check_reached(*found, *point, (*source)->info());
  if (!reached) return std::move(reached).error();
  if (options->json) {
    streams.out << json_text(map_json(found->map, (*source)->info().path), 2) << '\n';
  } else {
    const auto calls = found->reached_end ? std::optional(found->map.after) : std::nullopt;
    print_map(streams.out, found->map, calls, options->style);
  }
  return Exit::done;
}

}  // namespace slotscope
