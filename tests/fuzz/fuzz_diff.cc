// Two traces of any format, one behind the other with "====" on a line between them, through the
// model, the comparison and its renderers. Without the line each half is a trace.
#include <cstdint>
#include <optional>
#include <sstream>
#include <string_view>

#include "analyzer/diff/diff.h"
#include "analyzer/format/registry.h"
#include "analyzer/render/json/diff_json.h"
#include "analyzer/render/text/diff_text.h"

using namespace slotscope;

namespace {

std::optional<DiffTrace> read_for_diff(std::string_view bytes) {
  auto source = open_trace(memory_bytes(bytes), "fuzz", {.keep_going = true});
  if (!source) return std::nullopt;
  Model model(newest_kernel(), (*source)->info().faithful);
  DiffTraceBuilder builder;
  EventBatch batch;
  while (true) {
    Result<bool> more = (*source)->read(batch);
    for (const Event& event : batch) builder.add(event, model.apply(event));
    if (!more || !*more) return builder.finish(model);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  constexpr std::string_view line = "====\n";
  const size_t found = bytes.find(line);
  const size_t middle = found == std::string_view::npos ? size / 2 : found;
  const size_t second = found == std::string_view::npos ? middle : found + line.size();
  const std::optional<DiffTrace> a = read_for_diff(bytes.substr(0, middle));
  const std::optional<DiffTrace> b = read_for_diff(bytes.substr(second));
  if (!a || !b) return 0;
  const TraceDiff result = diff(*a, *b);
  std::ostringstream out;
  print_diff(out, result, *a, *b, {"A", "B"}, {});
  out << json_text(diff_json(result, *a, *b, {"A", "B"}));
  return 0;
}
