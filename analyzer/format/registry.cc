#include "analyzer/format/registry.h"

#include <fmt/format.h>

#include "analyzer/format/formats.h"

namespace slotscope {
namespace {

// In the order in which they are asked: magic numbers first, then text; strace before QEMU text,
// because a strace of QEMU may hold QEMU's own trace lines among its writes.
constexpr const Format* all_formats[] = {
    &qemu_text_format,
};

}  // namespace

std::span<const Format* const> formats() { return all_formats; }

Result<std::unique_ptr<Source>> open_trace(const std::string& path, const ReadOptions& options) {
  Result<std::unique_ptr<ByteSource>> bytes = open_bytes(path);
  if (!bytes) return std::move(bytes).error();
  return open_trace(*std::move(bytes), path, options);
}

Result<std::unique_ptr<Source>> open_trace(std::unique_ptr<ByteSource> bytes,
                                           const std::string& path, const ReadOptions& options) {
  Result<std::unique_ptr<PeekedSource>> peeked = PeekedSource::open(std::move(bytes), sniff_size);
  if (!peeked) return std::move(peeked).error();
  const std::string_view head = (*peeked)->head();
  if (head.empty()) {
    return Diagnostic{.place = path, .message = "is empty: nothing was traced"};
  }
  for (const Format* format : formats()) {
    if (!format->recognise(head)) continue;
    TraceInfo info{
        .path = path, .format = format->name, .clock = {}, .faithful = true, .metadata = {}};
    return format->open(*std::move(peeked), std::move(info), options);
  }
  return Diagnostic{.place = path,
                    .message = "no memslot trace in any format that slotscope reads"};
}

}  // namespace slotscope
