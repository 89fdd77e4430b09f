// Reads the native trace format (native_layout.h), whole, torn or damaged.
#pragma once

#include <memory>
#include <vector>

#include "analyzer/event/payload_numbers.h"
#include "analyzer/event/source.h"
#include "analyzer/format/native/native_chunks.h"

namespace slotscope {

class NativeReader : public Source {
 public:
  static Result<std::unique_ptr<Source>> open(std::unique_ptr<ByteSource> bytes, TraceInfo info);

  const TraceInfo& info() const override { return info_; }
  const ReadSummary& summary() const override { return summary_; }
  Result<bool> read(EventBatch& batch) override;
  Result<std::optional<Checkpoint>> seek(CallNumber number) override;

 private:
  struct IndexEntry {
    CallNumber after;
    Bytes offset;
  };

  NativeReader(std::unique_ptr<ByteSource> bytes, TraceInfo info);
  Status read_header();
  void take(const native::Chunk& chunk, EventBatch& batch);
  void take_events(const native::Chunk& chunk, EventBatch& batch);
  void take_footer(const native::Chunk& chunk);
  void damaged_events(const native::Chunk& chunk, EventBatch& batch);
  void take_stacks(const native::Chunk& chunk);
  void note_damage(const native::Chunk& chunk);
  void stopped();
  void finish();
  void warn(std::string message, std::string advice = {});

  Status load_index();
  Result<bool> restore(IndexEntry entry);
  Status rewind();

  TraceInfo info_;
  ReadSummary summary_;
  ReadSummary opening_;  // what a seek returns to
  native::ChunkReader chunks_;
  CallNumber last_{0};   // of the calls so far, lost ones included
  uint64_t others_ = 0;  // events that are not calls
  PayloadNumbers numbers_;
  uint64_t unknown_chunks_ = 0, damaged_chunks_ = 0, damaged_tables_ = 0;
  Bytes first_damage_;
  bool from_start_ = true;  // false after a seek into the middle: the counts can't be compared
  bool ended_ = false;
  EventBatch restored_;  // the slots of a checkpoint that a seek found
  std::optional<std::vector<IndexEntry>> index_;
};

}  // namespace slotscope
