// The payloads of the chunks MODS, FRMS and STKS: what the stack numbers of calls stand for.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "analyzer/format/native/native_layout.h"
#include "analyzer/format/new_stacks.h"

namespace slotscope::native {

class StackEncoder {
 public:
  struct Table {
    ChunkType type;
    uint32_t records = 0;
    std::string payload = {};
  };

  explicit StackEncoder(std::shared_ptr<const StackTable> table) : new_(std::move(table)) {}

  // Takes in what `stack` needs and no earlier call needed.
  void add(StackId stack);
  // Whether the tables should be written now, lest one outgrows a chunk.
  bool is_full() const;

  // In the order in which they must be written, which is before the calls; some may be empty.
  const std::array<Table, 3>& tables() const { return tables_; }
  void clear();

 private:
  void add(ModuleId id, const StackModule& module);
  void add(FrameId id, const StackFrame& frame);
  void add(StackId id, const Stack& stack);
  char* append(Table& table, size_t fixed);

  NewStacks new_;
  std::array<Table, 3> tables_ = {{{ChunkType::modules}, {ChunkType::frames}, {ChunkType::stacks}}};
};

// Defines what a chunk of one of these types holds. False when the lengths don't fit together or a
// value can't be; what stands before that is kept.
bool decode_stacks(ChunkType type, uint32_t records, std::string_view payload, StackTable& table);

}  // namespace slotscope::native
