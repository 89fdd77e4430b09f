// JSON Lines: a trace as text that jq, Python and the like read. The first line is the trace about
// itself (trace_header.h), each other line one event:
//   {"event":"call","time_ns":5,"duration_ns":2,"vm":1,"as":0,"slot":3,"flags":["readonly"],
//    "gpa":"0xfffc0000","size":262144,"hva":"0x7f0000000000","ret":0,"pid":7,"tid":8,"commit":1,
//    "origin":"traced"}
//   {"event":"loss","count":37,"reason":"dropped"}
//   {"event":"commit","edge":"begin","vm":1,"commit":1}
//   {"event":"vm","edge":"start","vm":1,"pid":7}
//   {"event":"pci_cfg_write","vm":1,"device":"VGA","function":"00:02.0","offset":"0x10", ...}
// What is not known is left out. A device name that is not UTF-8 stands as "device_hex" instead, so
// nothing is lost. Keys and events may be added: readers ignore those that they don't know.
#pragma once

#include <memory>

#include "analyzer/event/sink.h"
#include "analyzer/event/source.h"
#include "analyzer/format/byte_sink.h"

namespace slotscope {

std::unique_ptr<Sink> jsonl_writer(std::unique_ptr<ByteSink> bytes, const TraceInfo& info);

}  // namespace slotscope
