#include "analyzer/format/native/native_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyzer/base/bytes.h"
#include "analyzer/format/bytes/checksum.h"
#include "analyzer/format/trace_header.h"
#include "analyzer/format/writers.h"

namespace slotscope {

using native::ChunkType;

namespace {

std::string file_header() {
  namespace at = native::file_header;
  std::string header(at::size, '\0');
  native::magic.copy(header.data(), native::magic.size());
  store_le(header.data() + at::version, native::version);
  const uint64_t check = checksum(std::string_view(header).substr(0, at::check));
  store_le(header.data() + at::check, static_cast<uint32_t>(check));
  return header;
}

}  // namespace

Result<std::unique_ptr<NativeWriter>> NativeWriter::create(std::unique_ptr<ByteSink> bytes,
                                                           const TraceInfo& info) {
  std::unique_ptr<NativeWriter> writer(new NativeWriter(std::move(bytes), info.stacks));
  const std::string metadata = write_trace_header(info);
  if (metadata.size() > native::max_payload) {
    return Diagnostic{.place = info.path,
                      .message = fmt::format("{} bytes of metadata are more than the {} that a "
                                             "native trace can hold",
                                             metadata.size(), native::max_payload)};
  }
  Status written = writer->append(file_header());
  if (written) written = writer->append_chunk(ChunkType::metadata, 0, metadata);
  if (!written) return std::move(written).error();
  return writer;
}

Status NativeWriter::fail(Diagnostic why) {
  failed_ = std::move(why);
  unwritten_ += block_.events();
  block_.clear();
  return *failed_;
}

Status NativeWriter::append(std::string_view bytes) {
  Status status = bytes_->write(bytes);
  if (status) written_ += Bytes{bytes.size()};
  return status;
}

Status NativeWriter::append_chunk(ChunkType type, uint32_t records, std::string_view payload) {
  namespace at = native::chunk_header;
  chunk_.assign(at::size, '\0');
  store_le(chunk_.data() + at::type, static_cast<uint32_t>(type));
  store_le(chunk_.data() + at::length, static_cast<uint32_t>(payload.size()));
  store_le(chunk_.data() + at::payload_check, checksum(payload));
  store_le(chunk_.data() + at::records, records);
  const uint64_t check = checksum(std::string_view(chunk_).substr(0, at::check));
  store_le(chunk_.data() + at::check, static_cast<uint32_t>(check));
  chunk_ += payload;
  return append(chunk_);
}

Status NativeWriter::write(const Event& event) {
  if (failed_) {
    ++unwritten_;
    return *failed_;
  }
  if (const Loss* loss = std::get_if<Loss>(&event)) lost_ = saturating_sum(lost_, loss->count);
  if (const Call* call = std::get_if<Call>(&event)) stacks_.add(call->stack);
  block_.add(event);
  const bool full = block_.events() >= native::block::max_events || stacks_.is_full();
  return full ? flush() : ok();
}

Status NativeWriter::append_stacks() {
  for (const native::StackEncoder::Table& table : stacks_.tables()) {
    if (table.records == 0) continue;
    Status status = append_chunk(table.type, table.records, table.payload);
    if (!status) return status;
  }
  stacks_.clear();
  return ok();
}

Status NativeWriter::flush() {
  if (failed_) return *failed_;
  if (block_.events() == 0) return ok();
  if (Status written = append_stacks(); !written) return fail(std::move(written).error());
  const std::string_view payload = block_.payload(CallNumber{last_.value + 1});
  Status status = append_chunk(ChunkType::events, block_.calls(), payload);
  if (!status) return fail(std::move(status).error());
  last_.value += block_.calls();
  others_ += block_.others();
  block_.clear();
  return status;
}

Status NativeWriter::checkpoint(std::span<const Call> live) {
  Status status = flush();
  if (!status) return status;
  native::BlockEncoder slots;
  for (const Call& slot : live) {
    Call record = slot;
    record.origin = Origin::snapshot;
    slots.add(record);
    if (slots.size() > native::max_payload) return ok();
  }
  const IndexEntry entry{.after = last_, .offset = written_};
  status = append_chunk(ChunkType::checkpoint, slots.calls(), slots.payload(last_));
  if (!status) return fail(std::move(status).error());
  index_checkpoint(entry);
  return status;
}

// A full index forgets every other entry and from then on takes only every other checkpoint; the
// file keeps all of them, a seek reads further.
void NativeWriter::index_checkpoint(IndexEntry entry) {
  if (++checkpoints_ % index_stride_ != 0) return;
  if (index_.size() == native::footer::max_entries) {
    for (size_t i = 0; i < index_.size() / 2; ++i) index_[i] = index_[2 * i + 1];
    index_.resize(index_.size() / 2);
    index_stride_ *= 2;
    if (checkpoints_ % index_stride_ != 0) return;
  }
  index_.push_back(entry);
}

std::string NativeWriter::footer() const {
  namespace at = native::footer;
  std::string reason = failed_ ? end_reason_after(*failed_, end_reason_) : end_reason_;
  reason.resize(std::min(reason.size(), at::max_reason));
  std::string payload(at::index + index_.size() * at::entry, '\0');
  store_le(payload.data() + at::calls, last_.value);
  store_le(payload.data() + at::others, others_);
  store_le(payload.data() + at::lost, lost_);
  store_le(payload.data() + at::unwritten, unwritten_);
  char* entry = payload.data() + at::index;
  for (const IndexEntry& checkpoint : index_) {
    store_le(entry, checkpoint.after.value);
    store_le(entry + sizeof(uint64_t), checkpoint.offset.value);
    entry += at::entry;
  }
  payload += reason;
  payload.resize(payload.size() + at::offset);
  store_le(payload.data() + payload.size() - at::offset, written_.value);
  return payload;
}

Status NativeWriter::finish() {
  const Status flushed = flush();
  Status status = append_chunk(ChunkType::footer, static_cast<uint32_t>(index_.size()), footer());
  if (status) status = bytes_->close();
  return flushed ? status : flushed;
}

const WriterFormat native_output = {
    .name = "native",
    .endings = {".slots"},
    .holds_losses = true,
    .create = [](std::unique_ptr<ByteSink> bytes,
                 const TraceInfo& info) -> Result<std::unique_ptr<Sink>> {
      auto writer = NativeWriter::create(std::move(bytes), info);
      if (!writer) return std::move(writer).error();
      return std::unique_ptr<Sink>(*std::move(writer));
    }};

}  // namespace slotscope
