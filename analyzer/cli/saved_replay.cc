#include "analyzer/cli/saved_replay.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

#include "analyzer/base/escape.h"
#include "analyzer/format/bytes/byte_sink.h"
#include "analyzer/render/words.h"
#include "replay/comparison.h"

namespace slotscope {
namespace {

constexpr const char* schema = "slotscope.replay/1";

Diagnostic bad_file(const std::string& path, std::string message) {
  return {.fault = Fault::bad_input,
          .place = escape_for_terminal(path),
          .message = std::move(message),
          .advice = "--against takes what --save or --json of replay wrote"};
}

std::optional<UpdateKind> kind_of(const std::string& word) {
  for (const UpdateKind kind : {UpdateKind::create, UpdateKind::del, UpdateKind::move,
                                UpdateKind::flags, UpdateKind::no_change, UpdateKind::rejected}) {
    if (word == kind_word(kind)) return kind;
  }
  return std::nullopt;
}

// Each member or nothing: a document that lacks one is not ours.
template <class T>
std::optional<T> member(const Json& json, const char* name) {
  if (!json.is_object()) return std::nullopt;
  const auto at = json.find(name);
  if (at == json.end()) return std::nullopt;
  if constexpr (std::is_same_v<T, std::string>) {
    return at->is_string() ? std::optional(at->template get<std::string>()) : std::nullopt;
  } else {
    return at->is_number() ? std::optional(at->template get<T>()) : std::nullopt;
  }
}

const Json& list(const Json& json, const char* name) {
  static const Json empty = Json::array();
  const auto at = json.find(name);
  return at != json.end() && at->is_array() ? *at : empty;
}

}  // namespace

Result<SavedReplay> read_saved_replay(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return bad_file(path, std::strerror(errno));
  const Json json = Json::parse(file, nullptr, false);
  if (json.is_discarded() || member<std::string>(json, "schema") != schema) {
    return bad_file(path, "is not a document of slotscope.replay/1");
  }
  SavedReplay saved;
  saved.facts.file = path;
  saved.facts.operations = member<uint64_t>(json, "operations").value_or(0);
  if (const auto host = json.find("host"); host != json.end()) {
    saved.facts.kernel = member<std::string>(*host, "kernel").value_or("");
    saved.facts.cpu = member<std::string>(*host, "cpu").value_or("");
  }
  for (const Json& sample : list(json, "samples")) {
    const auto total = member<double>(sample, "total_ns");
    if (member<std::string>(sample, "variant") == "original" && total && *total > 0) {
      saved.totals.push_back(*total);
    }
  }
  for (const Json& row : list(json, "kinds")) {
    const auto kind = kind_of(member<std::string>(row, "kind").value_or(""));
    const auto as = member<uint16_t>(row, "as");
    const auto size_class = member<std::string>(row, "size_class");
    const auto median = member<int64_t>(row, "median_ns");
    if (!kind || !as || !size_class || !median) return bad_file(path, "has a damaged row in kinds");
    saved.facts.rows.push_back({*kind, AsId{*as}, *size_class, Nanos{*median}, {}});
  }
  if (saved.totals.empty()) return bad_file(path, "has no samples");
  return saved;
}

Against compare_with_saved(const SavedReplay& saved, const ReplayResult& result) {
  Against against = saved.facts;
  std::vector<double> totals;
  for (const ReplayRun& run : result.runs) totals.push_back(static_cast<double>(run.total.value));
  if (!totals.empty()) against.ratio = ratio_of_medians(totals, saved.totals);
  std::erase_if(against.rows, [&](Against::Row& row) {
    for (const KindRow& here : result.kinds) {
      if (here.kind != row.kind || here.as != row.as) continue;
      if (row.size_class != size_class_text(here.size)) continue;
      row.here = here.median;
      return false;
    }
    return true;
  });
  return against;
}

Status write_file(const std::string& path, const std::string& text) {
  Result<std::unique_ptr<ByteSink>> bytes = create_bytes(path);
  if (!bytes) return std::move(bytes).error();
  Status written = (*bytes)->write(text);
  return written ? (*bytes)->close() : written;
}

}  // namespace slotscope
