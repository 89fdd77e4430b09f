// NativeReader's way to a checkpoint: footer, index, LIVE chunk.
#include <algorithm>

#include "analyzer/base/bytes.h"
#include "analyzer/format/native/native_block.h"
#include "analyzer/format/native/native_reader.h"

namespace slotscope {

using native::Chunk;
using native::ChunkType;

// Without a good footer the index is empty: then a seek leads to the beginning, from where
// everything can be read.
Status NativeReader::load_index() {
  namespace at = native::footer;
  index_.emplace();
  const Result<std::optional<Bytes>> offset = chunks_.find_footer();
  if (!offset) return offset.error();
  if (!*offset) return ok();
  Status status = chunks_.seek(**offset);
  if (!status) return status;
  Chunk chunk;
  const Result<bool> more = chunks_.next(chunk);
  if (!more) return more.error();
  const uint64_t index_end = at::index + uint64_t{chunk.records} * at::entry;
  if (!*more || chunk.type != ChunkType::footer || !chunk.intact ||
      chunk.payload.size() < index_end) {
    return ok();
  }
  const char* fields = chunk.payload.data() + at::index;
  for (uint32_t i = 0; i < chunk.records; ++i, fields += at::entry) {
    index_->push_back({.after = CallNumber{load_le<uint64_t>(fields)},
                       .offset = Bytes{load_le<uint64_t>(fields + sizeof(uint64_t))}});
  }
  const auto before = [](IndexEntry a, IndexEntry b) { return a.after < b.after; };
  if (!std::is_sorted(index_->begin(), index_->end(), before)) index_->clear();
  return ok();
}

// Reads the checkpoint that `entry` names; false when it is not there or damaged.
Result<bool> NativeReader::restore(IndexEntry entry) {
  if (entry.offset >= *chunks_.size()) return false;
  const Status status = chunks_.seek(entry.offset);
  if (!status) return status.error();
  Chunk chunk;
  const Result<bool> more = chunks_.next(chunk);
  if (!more) return more;
  native::BlockShape shape;
  if (!*more || chunk.type != ChunkType::checkpoint || !chunk.intact ||
      !native::block_shape(chunk.payload.size(), chunk.records, shape) ||
      load_le<uint64_t>(chunk.payload.data() + native::block::number) != entry.after.value) {
    return false;
  }
  const auto is_slot = [](const Event& event) {
    const Call* call = std::get_if<Call>(&event);
    return call && call->origin == Origin::snapshot;
  };
  const bool good = native::decode_block(chunk.payload, shape, restored_) &&
                    std::all_of(restored_.begin(), restored_.end(), is_slot);
  if (!good) restored_.clear();
  last_ = entry.after;
  from_start_ = false;
  return good;
}

Status NativeReader::rewind() {
  last_ = {};
  from_start_ = true;
  return chunks_.seek(Bytes{native::file_header::size});
}

Result<std::optional<Checkpoint>> NativeReader::seek(CallNumber number) {
  if (!chunks_.size()) return std::optional<Checkpoint>{};
  if (!index_) {
    const Status loaded = load_index();
    if (!loaded) return loaded.error();
  }
  restored_.clear();
  summary_ = opening_;
  others_ = unknown_chunks_ = damaged_chunks_ = damaged_tables_ = 0;
  ended_ = false;
  const auto after = [](CallNumber n, IndexEntry entry) { return n < entry.after; };
  const auto next = std::upper_bound(index_->begin(), index_->end(), number, after);
  Result<bool> found = false;
  if (next != index_->begin()) found = restore(*(next - 1));
  if (!found) return std::move(found).error();
  if (!*found) {
    const Status status = rewind();
    if (!status) return status.error();
  }
  return std::optional<Checkpoint>{{.after = last_, .slots = restored_.size()}};
}

}  // namespace slotscope
