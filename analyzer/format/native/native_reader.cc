#include "analyzer/format/native/native_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "analyzer/base/bytes.h"
#include "analyzer/base/escape.h"
#include "analyzer/format/formats.h"
#include "analyzer/format/native/native_block.h"
#include "analyzer/format/native/native_stacks.h"
#include "analyzer/format/trace_header.h"

namespace slotscope {

using native::BlockShape;
using native::Chunk;
using native::ChunkReader;
using native::ChunkType;

NativeReader::NativeReader(std::unique_ptr<ByteSource> bytes, TraceInfo info)
    : info_(std::move(info)), chunks_(std::move(bytes)) {}

Result<std::unique_ptr<Source>> NativeReader::open(std::unique_ptr<ByteSource> bytes,
                                                   TraceInfo info) {
  std::unique_ptr<NativeReader> reader(new NativeReader(std::move(bytes), std::move(info)));
  Status status = reader->read_header();
  if (!status) {
    Diagnostic error = std::move(status).error();
    if (error.place.empty()) error.place = reader->info_.path;
    return error;
  }
  reader->opening_ = reader->summary_;
  return std::unique_ptr<Source>(std::move(reader));
}

void NativeReader::warn(std::string message, std::string advice) {
  summary_.warnings.push_back(
      {.place = info_.path, .message = std::move(message), .advice = std::move(advice)});
}

Status NativeReader::read_header() {
  const Result<uint32_t> version = chunks_.read_file_header();
  if (!version) return version.error();
  if (*version > native::version) {
    return Diagnostic{
        .message = fmt::format("is a native trace of version {}; this slotscope reads "
                               "versions up to {}",
                               *version, native::version),
        .advice = "use a newer slotscope, or have it convert the trace --to jsonl"};
  }
  Chunk chunk;
  const Result<bool> more = chunks_.next(chunk);
  if (!more) return more.error();
  if (!*more) return ok();  // read() will say what is missing
  const bool first = chunk.type == ChunkType::metadata;
  if (!first) chunks_.put_back();
  if (!first || !chunk.intact || !read_trace_header(chunk.payload, info_)) {
    ++summary_.damaged_parts;
    warn("the metadata can't be read: clock and host are not known");
  }
  return ok();
}

Result<bool> NativeReader::read(EventBatch& batch) {
  batch.clear();
  if (!restored_.empty()) {
    std::swap(batch, restored_);
    return true;
  }
  while (!ended_ && batch.empty()) {
    Chunk chunk;
    const Result<bool> more = chunks_.next(chunk);
    if (!more) return more;
    if (*more) {
      take(chunk, batch);
    } else {
      stopped();
    }
  }
  return !batch.empty();
}

void NativeReader::take(const Chunk& chunk, EventBatch& batch) {
  switch (chunk.type) {
    case ChunkType::events:
      return take_events(chunk, batch);
    case ChunkType::footer:
      return take_footer(chunk);
    case ChunkType::modules:
    case ChunkType::frames:
    case ChunkType::stacks:
      return take_stacks(chunk);
    case ChunkType::metadata:
    case ChunkType::checkpoint:  // repeats what the events say
      return;
    default:
      ++unknown_chunks_;
  }
}

void NativeReader::take_events(const Chunk& chunk, EventBatch& batch) {
  BlockShape shape;
  if (!chunk.intact || !native::block_shape(chunk.payload.size(), chunk.records, shape)) {
    return damaged_events(chunk, batch);
  }
  const auto first = load_le<uint64_t>(chunk.payload.data() + native::block::number);
  constexpr uint64_t largest = std::numeric_limits<int64_t>::max();
  if (first <= last_.value || first > largest) return damaged_events(chunk, batch);
  const uint64_t missing = first - last_.value - 1;
  if (missing > 0)
    batch.emplace_back(Loss{.time = {}, .count = missing, .reason = Loss::Reason::damaged});
  if (!native::decode_block(chunk.payload, shape, batch)) {
    batch.clear();
    return damaged_events(chunk, batch);
  }
  if (missing > 0) note_damage(chunk);
  numbers_.hint(batch);
  others_ += batch.size() - shape.calls - (missing > 0);
  last_.value = first - 1 + shape.calls;
}

void NativeReader::take_stacks(const Chunk& chunk) {
  const bool good = chunk.intact &&
                    native::decode_stacks(chunk.type, chunk.records, chunk.payload, *info_.stacks);
  if (!good) ++damaged_tables_;
}

// The header vouches for the number of calls, so the numbers of the calls after it stay right.
void NativeReader::damaged_events(const Chunk& chunk, EventBatch& batch) {
  BlockShape shape;
  if (!native::block_shape(chunk.payload.size(), chunk.records, shape)) shape = {};
  batch.emplace_back(Loss{.time = {}, .count = shape.calls, .reason = Loss::Reason::damaged});
  last_.value += shape.calls;
  note_damage(chunk);
}

void NativeReader::note_damage(const Chunk& chunk) {
  if (damaged_chunks_++ == 0) first_damage_ = chunk.offset;
}

void NativeReader::take_footer(const Chunk& chunk) {
  namespace at = native::footer;
  const uint64_t index_end = at::index + uint64_t{chunk.records} * at::entry;
  if (!chunk.intact || chunk.payload.size() < index_end + at::offset) {
    summary_.ending = Ending::cut_off;
    warn(
        fmt::format("the footer at byte {} is damaged: whether events are missing after call {} "
                    "is not known",
                    chunk.offset.value, last_.value));
    return finish();
  }
  const char* fields = chunk.payload.data();
  const auto calls = load_le<uint64_t>(fields + at::calls);
  const auto others = load_le<uint64_t>(fields + at::others);
  const auto unwritten = load_le<uint64_t>(fields + at::unwritten);
  summary_.ending = Ending::marked;
  summary_.end_reason =
      chunk.payload.substr(index_end, chunk.payload.size() - index_end - at::offset);
  if (calls != last_.value) {
    summary_.ending = Ending::cut_off;
    warn(fmt::format("the footer promises {} calls; there are {}", calls, last_.value));
  } else if (from_start_ && damaged_chunks_ == 0 && others != others_) {
    summary_.ending = Ending::cut_off;
    warn(fmt::format("the footer promises {} events beside the calls; there are {}", others,
                     others_));
  }
  if (unwritten > 0) {
    summary_.ending = Ending::cut_off;
    warn(fmt::format("{} events after call {} could not be written: {}", unwritten, calls,
                     escape_for_terminal(summary_.end_reason)));
  }
  Chunk extra;
  const Result<bool> more = chunks_.next(extra);
  if (more && (*more || chunks_.stop() != ChunkReader::Stop::end)) {
    warn("what follows the footer is not read", "a native trace can't be continued with another");
  }
  finish();
}

// The source ended, or lost its thread, before a footer.
void NativeReader::stopped() {
  summary_.ending = Ending::cut_off;
  const uint64_t at = chunks_.offset().value;
  switch (chunks_.stop()) {
    case ChunkReader::Stop::end:
      warn(
          fmt::format("ends at byte {}, after call {}; the footer is missing: the writer did not "
                      "finish",
                      at, last_.value));
      break;
    case ChunkReader::Stop::torn:
      warn(
          fmt::format("is cut off inside the chunk at byte {}, after call {}; at least {} bytes "
                      "and the footer are missing: the writer did not finish",
                      at, last_.value, chunks_.missing().value));
      break;
    case ChunkReader::Stop::damaged:
      warn(fmt::format("is damaged at byte {}, after call {}: nothing after it can be read", at,
                       last_.value));
      break;
  }
  if (std::string why = chunks_.torn(); !why.empty()) warn(std::move(why));
  finish();
}

void NativeReader::finish() {
  ended_ = true;
  if (damaged_chunks_ > 0) {
    warn(fmt::format("damaged blocks: {}, the first at byte {}; their events are counted as lost",
                     damaged_chunks_, first_damage_.value));
  }
  summary_.damaged_parts += damaged_tables_;
  if (damaged_tables_ > 0) {
    warn(
        fmt::format("damaged tables of stacks: {}; calls are complete, some of their stacks "
                    "are not",
                    damaged_tables_));
  }
  if (unknown_chunks_ > 0) {
    warn(fmt::format("chunks of kinds that this slotscope does not know, skipped: {}",
                     unknown_chunks_),
         "a newer slotscope may show more");
  }
}

namespace {

bool recognise(std::string_view head) { return head.starts_with(native::magic); }

Result<std::unique_ptr<Source>> open(std::unique_ptr<PeekedSource> bytes, TraceInfo info,
                                     const ReadOptions&) {
  return NativeReader::open(std::move(bytes), std::move(info));
}

}  // namespace

const Format native_format = {
    .name = "native", .title = "slotscope native trace", .recognise = recognise, .open = open};

}  // namespace slotscope
