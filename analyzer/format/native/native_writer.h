// Writes the native trace format (native_layout.h) as a capture goes on: block by block, so that
// whatever ends it leaves a readable trace.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analyzer/event/sink.h"
#include "analyzer/event/source.h"
#include "analyzer/format/bytes/byte_sink.h"
#include "analyzer/format/native/native_block.h"
#include "analyzer/format/native/native_layout.h"
#include "analyzer/format/native/native_stacks.h"

namespace slotscope {

class NativeWriter : public Sink {
 public:
  // Writes the file header and the metadata.
  static Result<std::unique_ptr<NativeWriter>> create(std::unique_ptr<ByteSink> bytes,
                                                      const TraceInfo& info);

  // After an error nothing more is written: every later call answers with the same error.
  Status write(const Event& event) override;

  // Writes the events so far, however few. A live capture calls it now and then, so that a kill
  // loses little; each costs 32 bytes.
  Status flush() override;

  // Left out when it would be larger than a chunk may be.
  Status checkpoint(std::span<const Call> live) override;

  void set_end_reason(const std::string& reason) override { end_reason_ = reason; }

  // After a failed write too: where the sink took the torn chunk back, the footer says what failed
  // and how much is missing.
  Status finish() override;

 private:
  struct IndexEntry {
    CallNumber after;
    Bytes offset;
  };

  NativeWriter(std::unique_ptr<ByteSink> bytes, std::shared_ptr<const StackTable> stacks)
      : bytes_(std::move(bytes)), stacks_(std::move(stacks)) {}
  Status append(std::string_view bytes);
  Status append_chunk(native::ChunkType type, uint32_t records, std::string_view payload);
  Status append_stacks();
  Status fail(Diagnostic why);
  void index_checkpoint(IndexEntry entry);
  std::string footer() const;

  std::unique_ptr<ByteSink> bytes_;
  native::BlockEncoder block_;
  native::StackEncoder stacks_;  // what the calls of block_ need
  std::string chunk_;
  Bytes written_;
  CallNumber last_{0};  // of the calls in written blocks
  uint64_t others_ = 0, lost_ = 0, unwritten_ = 0;
  std::vector<IndexEntry> index_;
  uint64_t checkpoints_ = 0, index_stride_ = 1;
  std::string end_reason_;
  std::optional<Diagnostic> failed_;
};

}  // namespace slotscope
