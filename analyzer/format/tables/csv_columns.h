// The columns of a CSV trace: how each is called, written and read.
#pragma once

#include <fmt/format.h>

#include <span>
#include <string_view>

#include "analyzer/event/call.h"
#include "analyzer/format/cursor.h"

namespace slotscope {

struct CsvColumn {
  std::string_view name;
  void (*write)(const Call& call, fmt::memory_buffer& out);  // nothing when not known
  bool (*read)(Cursor& cell, Call& call);                    // a cell that is not empty
  bool required = false;
};

std::span<const CsvColumn> csv_columns();

}  // namespace slotscope
