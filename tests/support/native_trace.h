// Native traces in memory.
#pragma once

#include <span>
#include <string>

#include "analyzer/format/native/native_writer.h"
#include "tests/support/catch.h"

namespace slotscope::test {

inline TraceInfo live_info() {
  return {.path = "test",
          .format = "native",
          .clock = Clock::monotonic,
          .faithful = true,
          .metadata = {{"kernel", "6.1"}}};
}

// A writer into `bytes`.
inline std::unique_ptr<NativeWriter> native_writer(std::string& bytes,
                                                   const TraceInfo& info = live_info()) {
  auto writer = NativeWriter::create(memory_sink(bytes), info);
  REQUIRE(writer);
  return *std::move(writer);
}

inline std::string native_trace(std::span<const Event> events,
                                const TraceInfo& info = live_info()) {
  std::string bytes;
  auto writer = native_writer(bytes, info);
  for (const Event& event : events) REQUIRE(writer->write(event));
  REQUIRE(writer->finish());
  return bytes;
}

}  // namespace slotscope::test
