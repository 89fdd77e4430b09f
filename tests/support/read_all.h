// Reads a whole source into memory, for tests that look at single events.
#pragma once

#include <string_view>
#include <vector>

#include "analyzer/event/source.h"
#include "analyzer/format/registry.h"
#include "tests/support/catch.h"

namespace slotscope::test {

struct ReadTrace {
  TraceInfo info;
  ReadSummary summary;
  std::vector<Event> events;

  template <class T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const Event& event : events) {
      if (const T* one = std::get_if<T>(&event)) found.push_back(*one);
    }
    return found;
  }
  std::vector<Call> calls() const { return all<Call>(); }
};

inline Result<ReadTrace> read_all(Source& source) {
  ReadTrace trace;
  EventBatch batch;
  while (true) {
    Result<bool> more = source.read(batch);
    trace.events.insert(trace.events.end(), batch.begin(), batch.end());
    if (!more) return std::move(more).error();
    if (!*more) break;
  }
  trace.info = source.info();
  trace.summary = source.summary();
  return trace;
}

// Through recognition, as the commands do it.
inline Result<ReadTrace> read_text(std::string_view text, const ReadOptions& options = {}) {
  auto source = open_trace(memory_bytes(text), "test", options);
  if (!source) return std::move(source).error();
  return read_all(**source);
}

inline Result<ReadTrace> read_file(const std::string& path, const ReadOptions& options = {}) {
  auto source = open_trace(path, options);
  if (!source) return std::move(source).error();
  return read_all(**source);
}

}  // namespace slotscope::test
