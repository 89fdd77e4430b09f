// Cuts a native trace into chunks and checks each of them; what they hold is not its business.
#pragma once

#include <memory>
#include <string_view>

#include "analyzer/format/bytes/byte_window.h"
#include "analyzer/format/native/native_layout.h"

namespace slotscope::native {

struct Chunk {
  ChunkType type;
  uint32_t records;
  Bytes offset;  // of its header
  bool intact;   // the payload is what was written
  std::string_view payload;
};

class ChunkReader {
 public:
  explicit ChunkReader(std::unique_ptr<ByteSource> bytes) : window_(std::move(bytes)) {}

  // The file header, which must be read first; answers the version.
  Result<uint32_t> read_file_header();

  // The next chunk, valid until the next call. False at the end, and where no chunk can be: stop()
  // then says which.
  Result<bool> next(Chunk& chunk);
  // The next call of next() answers the same chunk again.
  void put_back() { current_ = 0; }

  enum class Stop : uint8_t {
    end,      // between two chunks
    torn,     // the file ends inside a chunk
    damaged,  // what should be a chunk header is none, so nothing after it can be found
  };
  Stop stop() const { return stop_; }
  Bytes offset() const { return window_.offset(); }  // of the next chunk, or where it stopped
  Bytes missing() const { return missing_; }         // at least; when torn
  std::string torn() const { return window_.torn(); }

  std::optional<Bytes> size() const { return window_.size(); }
  Status seek(Bytes offset);
  // The file offset of the footer, where the end of the file names a possible one.
  Result<std::optional<Bytes>> find_footer();

 private:
  Result<bool> stopped(Stop why, Bytes missing);

  ByteWindow window_;
  size_t current_ = 0;  // size of the chunk that the caller looks at
  Stop stop_ = Stop::end;
  Bytes missing_;
};

}  // namespace slotscope::native
