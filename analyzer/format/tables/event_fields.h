// The members that each event has in JSON Lines, once for both directions: `fields(f, event)` shows
// every one to `f`, which reads it (JsonFieldReader) or writes it (JsonFieldWriter).
#pragma once

#include <type_traits>
#include <variant>

#include "analyzer/event/event.h"
#include "analyzer/event/stack_table.h"

namespace slotscope {

template <class T, class Event>
concept EventOf = std::is_same_v<std::remove_const_t<T>, Event>;

template <class F, EventOf<Call> T>
void fields(F& f, T& call) {
  f.require("slot", "a call with \"slot\"");
  f.require("gpa", "a call with \"gpa\"");
  f.require("size", "a call with \"size\"");
  f.time("time_ns", call.time);
  f.time("duration_ns", call.duration);
  f.number("vm", call.vm);
  f.number("as", call.as);
  f.number("slot", call.slot);
  f.flags("flags", call.flags);
  f.hex("gpa", call.gpa);
  f.number("size", call.size);
  f.hex("hva", call.hva);
  f.number_unless("guest_memfd", call.guest_memfd, -1);
  f.number_unless("guest_memfd_offset", call.guest_memfd_offset, Bytes{});
  f.number("ret", call.ret);
  f.number_unless("pid", call.pid, Pid{});
  f.number_unless("tid", call.tid, Tid{});
  f.number_unless("commit", call.commit, CommitId{});
  f.number_unless("stack", call.stack, StackId{});
  f.word("origin", call.origin);
}

template <class F, EventOf<Loss> T>
void fields(F& f, T& loss) {
  f.time("time_ns", loss.time);
  f.number_unless("vm", loss.vm, VmId{0});
  f.number("count", loss.count);
  f.word("reason", loss.reason);
}

template <class F, EventOf<CommitMark> T>
void fields(F& f, T& mark) {
  f.require("edge", "a commit with \"edge\"");
  f.word("edge", mark.edge);
  f.time("time_ns", mark.time);
  f.number("vm", mark.vm);
  f.number_unless("tid", mark.tid, Tid{});
  f.number_unless("commit", mark.commit, CommitId{});
}

template <class F, EventOf<VmMark> T>
void fields(F& f, T& mark) {
  f.require("edge", "a vm with \"edge\"");
  f.word("edge", mark.edge);
  f.time("time_ns", mark.time);
  f.number("vm", mark.vm);
  f.number_unless("pid", mark.pid, Pid{});
}

template <class F, EventOf<MemslotIoctl> T>
void fields(F& f, T& ioctl) {
  f.hex("request", ioctl.request);
}

template <class F, EventOf<PciConfigWrite> T>
void fields(F& f, T& write) {
  f.device(write.device, write.at);
  f.hex("offset", write.offset);
  f.hex("value", write.value);
}

template <class F, EventOf<PciMapping> T>
void fields(F& f, T& mapping) {
  f.device(mapping.device, mapping.at);
  f.number("bar", mapping.bar);
  f.hex("address", mapping.address);
  f.number("size", mapping.size);
}

template <class F, EventOf<GlobalDirty> T>
void fields(F& f, T& dirty) {
  f.number("bitmask", dirty.bitmask);
}

template <class F, EventOf<MemoryAttributes> T>
void fields(F& f, T& set) {
  f.hex("gpa", set.gpa);
  f.number("size", set.size);
  f.hex("attributes", set.attributes);
  f.number("ret", set.ret);
}

template <class F, EventOf<GuestMemfdCreation> T>
void fields(F& f, T& made) {
  f.number("size", made.size);
  f.hex("flags", made.flags);
  f.number("ret", made.ret);
}

template <class F, EventOf<CallPhases> T>
void fields(F& f, T& phases) {
  for (size_t i = 0; i < phase_count; ++i) f.phase(static_cast<Phase>(i), phases.of[i]);
}

template <class F, EventOf<GuestCost> T>
void fields(F& f, T& cost) {
  f.number("page_faults", cost.page_faults);
  f.number("mmio_exits", cost.mmio_exits);
}

template <class F, EventOf<Annotation> T>
void fields(F& f, T& annotation) {
  f.time("time_ns", annotation.time);
  f.number("vm", annotation.vm);
  f.number_unless("tid", annotation.tid, Tid{});
  std::visit([&](auto& note) { fields(f, note); }, annotation.note);
}

// What calls refer to by number.

template <class F, EventOf<StackModule> T>
void fields(F& f, T& module) {
  f.bytes("path", module.path);
  f.bytes_unless_empty("build_id", module.build_id);
}

template <class F, EventOf<StackFrame> T>
void fields(F& f, T& frame) {
  f.number_unless("module", frame.module, ModuleId{});
  f.hex("address", frame.address);
  f.number_unless("offset", frame.offset, Bytes{});
  f.word("anchor", frame.anchor);
  f.bytes_unless_empty("function", frame.function);
}

template <class F, EventOf<Stack> T>
void fields(F& f, T& stack) {
  f.ids("frames", stack.frames);
  f.word("end", stack.end);
}

}  // namespace slotscope
