// The payload of an EVNT or LIVE chunk: call records, then everything else with its place among
// them.
#pragma once

#include <string>
#include <string_view>

#include "analyzer/event/event.h"

namespace slotscope::native {

class BlockEncoder {
 public:
  BlockEncoder() { clear(); }

  void add(const Event& event);
  void clear();

  uint32_t calls() const { return calls_; }
  uint32_t others() const { return others_; }
  size_t events() const { return size_t{calls_} + others_; }
  size_t size() const { return payload_.size() + side_.size(); }

  // Ends the block, which `number` goes in front of; valid until clear().
  std::string_view payload(CallNumber number);

 private:
  void add_call(const Call& call);

  std::string payload_;  // the number and the call records
  std::string side_;
  uint32_t calls_ = 0, others_ = 0;
};

// How many events a block holds, when the lengths fit together.
struct BlockShape {
  uint32_t calls = 0, side = 0;
};
bool block_shape(size_t payload_size, uint32_t calls, BlockShape& shape);

// Appends the block's events to `batch`; false when a record holds what it can't.
bool decode_block(std::string_view payload, BlockShape shape, EventBatch& batch);

}  // namespace slotscope::native
