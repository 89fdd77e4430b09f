// Where the bytes of an output go: a file, standard output, memory. Every command writes its files
// through this.
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

  // Puts a file in its place: without it, what was there before stays. Nothing is written after it;
  // a second close answers nothing new.
  virtual Status close() = 0;

  // What was written is not worth keeping: a file stays what it was, close() or not. What went
  // through a pipe can't be taken back.
  virtual void discard() {}
};

// A sink of a capture, whose input can't be read a second time.
class CaptureSink : public ByteSink {
 public:
  // From here on the file is kept, as FILE.partial until close(), even if this process is killed.
  // Answers what is worth telling the user, one line, or nothing.
  virtual Result<std::string> begin() = 0;
};

// Why a trace ends of which a write failed: `reason`, which may be empty or that failure already.
std::string end_reason_after(const Diagnostic& failure, const std::string& reason);

// `path` may be "-" for standard output. A regular file is replaced when the sink is closed, and is
// untouched if it never is; what can't be replaced (a FIFO, a device, a descriptor that this
// process was given) is written as it stands. `input` is what is being read meanwhile, "-" for
// standard input: where that would be written into in place, it is refused.
Result<std::unique_ptr<ByteSink>> create_bytes(const std::string& path,
                                               const std::string& input = {});

// The same for a capture: the file is its owner's only, and while `wake` is readable (-1: never) no
// reader that does not come or does not read is waited for.
Result<std::unique_ptr<CaptureSink>> create_capture_bytes(const std::string& path, int wake);

// Whether create_bytes() would find a place: to say so before hours of work. Leaves nothing.
Status can_be_created(const std::string& path);

// Appends to `bytes`, which must outlive the sink.
std::unique_ptr<ByteSink> memory_sink(std::string& bytes);

}  // namespace slotscope
