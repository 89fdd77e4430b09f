#include "analyzer/format/registry.h"

#include <fmt/format.h>

#include "analyzer/format/formats.h"

namespace slotscope {
namespace {

// In the order in which they are asked: magic numbers first, then text; strace before QEMU text,
// because a strace of QEMU may hold QEMU's own trace lines among its writes.
constexpr const Format* all_formats[] = {
    &native_format,      &qemu_simple_format, &jsonl_format,     &csv_format,
    &simpletrace_format, &strace_format,      &qemu_text_format,
};

// When the first 64 KiB show nothing: a VMM that was chatty before its first call.
constexpr size_t sniff_further = 4 << 20;

const Format* recognise(std::string_view head) {
  for (const Format* format : formats()) {
    if (format->recognise(head)) return format;
  }
  return nullptr;
}

// Traces of the same ioctl that hold its pointer and not what it points to.
struct Pointless {
  std::string_view mark;
  const char* what;
};
constexpr Pointless pointless[] = {
    {"syscalls:sys_enter_ioctl:", "perf script text"},
    {"sys_enter_ioctl:", "trace-cmd text of the ioctl system call"},
    {"sys_ioctl(fd:", "ftrace text of the ioctl system call"},
    {"ioctl(fd:", "perf trace text"},
};

Diagnostic unrecognised(const std::string& path, std::string_view head) {
  for (const Pointless& one : pointless) {
    if (head.find(one.mark) == std::string_view::npos) continue;
    return {.place = path,
            .message = fmt::format("is {}: it holds the ioctl's pointer, not the slot", one.what),
            .advice =
                "capture with slotscope record, strace -f -e trace=ioctl, or QEMU's -trace "
                "kvm_set_user_memory"};
  }
  std::string names;
  for (const Format* format : formats()) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", format->title);
  }
  return {.place = path,
          .message = "holds no memslot call in any format that slotscope reads",
          .advice = "it reads " + names + "; gzip and zstd too"};
}

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
  if ((*peeked)->head().empty()) {
    const std::string torn = (*peeked)->torn();
    return Diagnostic{
        .place = path,
        .message = torn.empty() ? "is empty: nothing was traced" : torn + " before its first line"};
  }
  const Format* format = recognise((*peeked)->head());
  if (!format && (*peeked)->head().size() == sniff_size) {
    if (Status further = (*peeked)->extend(sniff_further); !further) {
      return std::move(further).error();
    }
    format = recognise((*peeked)->head());
  }
  if (!format) return unrecognised(path, (*peeked)->head());
  TraceInfo info;
  info.path = path;
  info.format = format->name;
  return format->open(*std::move(peeked), std::move(info), options);
}

}  // namespace slotscope
