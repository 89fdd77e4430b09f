#include "analyzer/format/native/native_chunks.h"

#include <fmt/format.h>

#include "analyzer/base/bytes.h"
#include "analyzer/format/bytes/checksum.h"

namespace slotscope::native {
namespace {

// The 32-bit check at `at` covers everything before it.
bool header_intact(std::string_view header, size_t at) {
  return load_le<uint32_t>(header.data() + at) ==
         static_cast<uint32_t>(checksum(header.substr(0, at)));
}

}  // namespace

Result<uint32_t> ChunkReader::read_file_header() {
  const Result<std::string_view> header = window_.peek(file_header::size);
  if (!header) return header.error();
  if (header->size() < file_header::size) {
    return Diagnostic{.message = "is cut off inside the file header: it holds no events"};
  }
  if (!header->starts_with(magic) || !header_intact(*header, file_header::check)) {
    return Diagnostic{.message = "the file header is damaged"};
  }
  const auto found = load_le<uint32_t>(header->data() + file_header::version);
  window_.consume(file_header::size);
  return found;
}

Result<bool> ChunkReader::stopped(Stop why, Bytes missing) {
  stop_ = why;
  missing_ = missing;
  return false;
}

Result<bool> ChunkReader::next(Chunk& chunk) {
  window_.consume(std::exchange(current_, 0));
  Result<std::string_view> bytes = window_.peek(chunk_header::size);
  if (!bytes) return std::move(bytes).error();
  if (bytes->empty()) return stopped(Stop::end, {});
  if (bytes->size() < chunk_header::size) {
    return stopped(Stop::torn, Bytes{chunk_header::size - bytes->size()});
  }
  const char* header = bytes->data();
  const auto length = load_le<uint32_t>(header + chunk_header::length);
  if (!header_intact(*bytes, chunk_header::check) || length > max_payload) {
    return stopped(Stop::damaged, {});
  }
  const auto payload_check = load_le<uint64_t>(header + chunk_header::payload_check);
  chunk.type = static_cast<ChunkType>(load_le<uint32_t>(header + chunk_header::type));
  chunk.records = load_le<uint32_t>(header + chunk_header::records);
  chunk.offset = window_.offset();

  const size_t size = chunk_header::size + length;
  bytes = window_.peek(size);
  if (!bytes) return std::move(bytes).error();
  if (bytes->size() < size) return stopped(Stop::torn, Bytes{size - bytes->size()});
  chunk.payload = bytes->substr(chunk_header::size);
  chunk.intact = checksum(chunk.payload) == payload_check;
  current_ = size;
  return true;
}

Status ChunkReader::seek(Bytes offset) {
  current_ = 0;
  return window_.seek(offset);
}

Result<std::optional<Bytes>> ChunkReader::find_footer() {
  const std::optional<Bytes> end = size();
  std::optional<Bytes> found;
  if (!end || end->value < file_header::size + chunk_header::size + footer::offset) return found;
  Status status = seek(*end - Bytes{footer::offset});
  if (!status) return std::move(status).error();
  const Result<std::string_view> last = window_.peek(footer::offset);
  if (!last) return last.error();
  if (last->size() != footer::offset) return found;  // it shrank meanwhile
  const Bytes offset{load_le<uint64_t>(last->data())};
  if (offset < *end && offset.value >= file_header::size) found = offset;
  return found;
}

}  // namespace slotscope::native
