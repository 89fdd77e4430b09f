// What `slotscope record` is asked to do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/base/units.h"
#include "analyzer/cli/command.h"
#include "analyzer/format/writers.h"
#include "probes/backend.h"

namespace slotscope {

// Room for 30 000 calls, and with stacks for 3500 to 30 000 of those.
inline constexpr Bytes calls_buffer{4 << 20}, stacks_buffer{64 << 20};

struct RecordOptions {
  std::vector<std::string> command;  // or a process, or everything
  std::optional<Pid> pid;
  bool everything = false;

  std::string output;                    // "-": standard output
  const WriterFormat* writer = nullptr;  // of a trace; null: the lines of `slotscope log`
  bool json = false;

  std::optional<Backend> backend;
  bool commits = false;
  bool stacks = false;
  bool phases = false;
  std::optional<Nanos> duration;
  Bytes buffer = calls_buffer;
};

// Empty when --help was asked for and printed.
Result<std::optional<RecordOptions>> parse_record_options(const std::vector<std::string>& arguments,
                                                          Streams& streams);

// "512K", "8M", "1G" or bytes, rounded up to what a ring buffer can be: a power of two, at least a
// page, at most a GiB.
Result<Bytes> parse_buffer_size(const std::string& text);

// "2.5" or "2.5s", "100ms".
Result<Nanos> parse_duration(const std::string& text);

}  // namespace slotscope
