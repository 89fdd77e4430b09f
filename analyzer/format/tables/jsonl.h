// JSON Lines: a trace as text that jq, Python and the like read. The first line is the trace about
// itself (trace_header.h), each other line one event:
//   {"event":"call","time_ns":5,"duration_ns":2,"vm":1,"as":0,"slot":3,"flags":["readonly"],
//    "gpa":"0xfffc0000","size":262144,"hva":"0x7f0000000000","ret":0,"pid":7,"tid":8,"commit":1,
//    "origin":"traced"}
//   {"event":"loss","count":37,"reason":"dropped"}
//   {"event":"commit","edge":"begin","vm":1,"commit":1}
//   {"event":"vm","edge":"start","vm":1,"pid":7}
//   {"event":"module","module":1,"path":"/usr/bin/qemu-system-x86_64","build_id":"d9541f..."}
//   {"event":"frame","frame":2,"module":1,"address":"0x7f36c1","offset":97,"anchor":"symbol",
//    "function":"kvm_vm_ioctl"}
//   {"event":"stack","stack":1,"frames":[1,2],"end":"outermost"}
//   {"event":"end","calls":52,"events":60,"reason":"interrupted"}, and "unwritten":37 when events
//    before it are missing
//   {"event":"pci_cfg_write","vm":1,"device":"VGA","function":"00:02.0","offset":"0x10", ...}
//   {"event":"memory_attributes","vm":1,"gpa":"0x0","size":65536,"attributes":"0x8","ret":0}
//   {"event":"guest_memfd","vm":1,"size":65536,"flags":"0x0","ret":21}
// The end record is the last line: "calls" and all "events" before it (without definitions of
// stacks). A header with "end_record":true promises it: without it, or with other counts, the trace
// is cut off. Files of other programs need neither; their end is then not marked. A stack's
// definitions stand before the first call with that "stack". What is not known is left out. Text
// that is not UTF-8 stands under its key with "_hex" behind, so nothing is lost. Keys and events
// may be added: readers ignore those that they don't know.
#pragma once

#include <memory>

#include "analyzer/event/sink.h"
#include "analyzer/event/source.h"
#include "analyzer/format/bytes/byte_sink.h"

namespace slotscope {

std::unique_ptr<Sink> jsonl_writer(std::unique_ptr<ByteSink> bytes, const TraceInfo& info);

}  // namespace slotscope
