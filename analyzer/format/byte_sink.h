// Where the bytes of a trace go: a file, standard output, memory.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "analyzer/base/result.h"

namespace slotscope {

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  ByteSink() = default;
  ByteSink(const ByteSink&) = delete;
  ByteSink& operator=(const ByteSink&) = delete;

  // Writes all of `bytes`. A file takes a part back when the rest can't be written, so what it
  // holds ends where the last successful write ended; a pipe can't.
  virtual Status write(std::string_view bytes) = 0;

  // Some file systems tell only here that an earlier write failed. Nothing is written after it.
  virtual Status close() = 0;
};

// Why a trace ends of which a write failed: `reason`, which may be empty or that failure already.
std::string end_reason_after(const Diagnostic& failure, const std::string& reason);

// Creates or truncates `path`; "-" is standard output.
Result<std::unique_ptr<ByteSink>> create_bytes(const std::string& path);

// Appends to `bytes`, which must outlive the sink.
std::unique_ptr<ByteSink> memory_sink(std::string& bytes);

}  // namespace slotscope
