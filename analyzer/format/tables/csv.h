// Comma-separated values: one call a line, for spreadsheets and data frames. The first line names
// the columns (csv_columns.h); an empty cell is not known. All cells are numbers and words, so
// nothing is quoted.
//   time_ns,duration_ns,vm,as,slot,flags,gpa,size,hva,...,end
//   1000,20,1,0,3,log_dirty|readonly,0xfffc0000,262144,0x7f0000000000,...,
// The last column, "end", is empty but in the last row, where it is the number of rows, or
// "incomplete" when events are missing somewhere. A file with that column and without that cell is
// cut off. Files of other programs, and ours of no call at all, have no such column; their end is
// not marked. (An extra line would be a row, or a nuisance, to every other reader.)
// Only calls are held: losses, marks and annotations are not written, nor is what the trace says
// about itself. Times are on a clock that the file does not name; their differences hold.
#pragma once

#include <memory>

#include "analyzer/event/sink.h"
#include "analyzer/format/bytes/byte_sink.h"

namespace slotscope {

std::unique_ptr<Sink> csv_writer(std::unique_ptr<ByteSink> bytes);

}  // namespace slotscope
