// The formats that slotscope reads, recognised by content.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "analyzer/event/source.h"
#include "analyzer/format/bytes/byte_source.h"

namespace slotscope {

struct ReadOptions {
  bool keep_going = false;  // count lines that can't be parsed instead of stopping at the first
};

// One format: what it is called, how its beginning is recognised, how it is opened.
struct Format {
  const char* name;   // TraceInfo::format
  const char* title;  // for people: "QEMU trace text"
  // Whether `head` (the first bytes of the trace, at most `sniff_size`) is of this format.
  bool (*recognise)(std::string_view head);
  Result<std::unique_ptr<Source>> (*open)(std::unique_ptr<PeekedSource> bytes, TraceInfo info,
                                          const ReadOptions& options);
};

// Enough to get past the warnings and boot messages that precede the first event in real logs.
inline constexpr size_t sniff_size = 1 << 16;

std::span<const Format* const> formats();

// Opens a trace of any format; `path` may be "-". An unrecognised file says what was tried.
Result<std::unique_ptr<Source>> open_trace(const std::string& path, const ReadOptions& options);
Result<std::unique_ptr<Source>> open_trace(std::unique_ptr<ByteSource> bytes,
                                           const std::string& path, const ReadOptions& options);

}  // namespace slotscope
