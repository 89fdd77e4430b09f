// The formats that slotscope writes, by the name that --to gives them or a file's ending.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "analyzer/event/sink.h"
#include "analyzer/event/source.h"
#include "analyzer/format/bytes/byte_sink.h"

namespace slotscope {

struct WriterFormat {
  const char* name;
  std::array<std::string_view, 2> endings;  // of file names; one may be empty
  bool holds_losses;                        // else its readers don't know of them
  Result<std::unique_ptr<Sink>> (*create)(std::unique_ptr<ByteSink> bytes, const TraceInfo& info);
};

// Each is defined in the file of its writer.
extern const WriterFormat native_output, jsonl_output, csv_output, qemu_output;

std::span<const WriterFormat* const> writers();
// nullptr when there is none.
const WriterFormat* writer_named(std::string_view name);
const WriterFormat* writer_for_file(std::string_view path);
// "native, jsonl, csv or qemu"
std::string writer_names();

}  // namespace slotscope
