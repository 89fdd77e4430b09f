#include "analyzer/format/native/native_block.h"

#include <limits>
#include <type_traits>

#include "analyzer/base/bytes.h"
#include "analyzer/format/native/native_layout.h"

namespace slotscope::native {
namespace {

template <class T, class V>
bool fits(V value) {
  return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

bool needs_rest(const Call& call) {
  return call.guest_memfd != -1 || call.guest_memfd_offset.value != 0 ||
         (call.duration && !fits<uint32_t>(call.duration->value)) ||
         !fits<uint32_t>(call.commit.value) || !fits<uint16_t>(call.vm.value) ||
         !fits<uint16_t>(call.flags) || !fits<int16_t>(call.ret);
}

void encode_call(const Call& call, char* to) {
  namespace at = call_record;
  store_le(to + at::time, call.time ? call.time->value : 0);
  store_le(to + at::gpa, call.gpa.value);
  store_le(to + at::size_, call.size.value);
  store_le(to + at::hva, call.hva.value);
  store_le(to + at::duration, static_cast<uint32_t>(call.duration ? call.duration->value : 0));
  store_le(to + at::commit, static_cast<uint32_t>(call.commit.value));
  store_le(to + at::pid, call.pid.value);
  store_le(to + at::tid, call.tid.value);
  store_le(to + at::stack, call.stack.value);
  store_le(to + at::vm, static_cast<uint16_t>(call.vm.value));
  store_le(to + at::as, call.as.value);
  store_le(to + at::slot, call.slot.value);
  store_le(to + at::flags, static_cast<uint16_t>(call.flags));
  store_le(to + at::ret, static_cast<int16_t>(call.ret));
  const int known = (call.time ? known_time : 0) | (call.duration ? known_duration : 0);
  store_le(to + at::known, static_cast<uint8_t>(known));
  store_le(to + at::origin, static_cast<uint8_t>(call.origin));
}

void encode_rest(const Call& call, char* to) {
  namespace at = rest_record;
  store_le(to + at::duration, call.duration ? call.duration->value : 0);
  store_le(to + at::vm, call.vm.value);
  store_le(to + at::guest_memfd, call.guest_memfd);
  store_le(to + at::guest_memfd_offset, call.guest_memfd_offset.value);
  store_le(to + at::commit, call.commit.value);
  store_le(to + at::flags, call.flags);
  store_le(to + at::ret, call.ret);
}

void encode_head(SideKind kind, uint8_t detail, std::optional<Nanos> time, VmId vm, uint32_t task,
                 char* to) {
  namespace at = side_record;
  store_le(to + at::kind, static_cast<uint8_t>(kind));
  store_le(to + at::detail, detail);
  store_le(to + at::known, static_cast<uint8_t>(time ? known_time : 0));
  store_le(to + at::time, time ? time->value : 0);
  store_le(to + at::vm, vm.value);
  store_le(to + at::task, task);
}

void encode_pci(const DeviceName& device, PciFunction function, char* to) {
  namespace at = side_record;
  device.view().copy(to + at::device, DeviceName::capacity);
  store_le(to + at::bus, function.bus);
  store_le(to + at::pci_device, function.device);
  store_le(to + at::pci_function, function.function);
}

void encode_side(const Call&, char*) {}  // calls have records of their own

void encode_side(const Loss& loss, char* to) {
  encode_head(SideKind::loss, static_cast<uint8_t>(loss.reason), loss.time, loss.vm, 0, to);
  store_le(to + side_record::first, loss.count);
}

void encode_side(const CommitMark& mark, char* to) {
  encode_head(SideKind::commit_mark, static_cast<uint8_t>(mark.edge), mark.time, mark.vm,
              mark.tid.value, to);
  store_le(to + side_record::first, mark.commit.value);
}

void encode_side(const VmMark& mark, char* to) {
  encode_head(SideKind::vm_mark, static_cast<uint8_t>(mark.edge), mark.time, mark.vm,
              mark.pid.value, to);
}

SideKind encode_note(const MemslotIoctl& note, char* to) {
  store_le<uint64_t>(to + side_record::first, note.request);
  return SideKind::memslot_ioctl;
}

SideKind encode_note(const PciConfigWrite& note, char* to) {
  store_le<uint64_t>(to + side_record::first, note.offset);
  store_le<uint64_t>(to + side_record::second, note.value);
  encode_pci(note.device, note.at, to);
  return SideKind::pci_config_write;
}

SideKind encode_note(const PciMapping& note, char* to) {
  store_le(to + side_record::first, note.address);
  store_le(to + side_record::second, note.size.value);
  store_le(to + side_record::bar, note.bar);
  encode_pci(note.device, note.at, to);
  return SideKind::pci_mapping;
}

SideKind encode_note(const GlobalDirty& note, char* to) {
  store_le<uint64_t>(to + side_record::first, note.bitmask);
  return SideKind::global_dirty;
}

SideKind encode_note(const MemoryAttributes& note, char* to) {
  store_le(to + side_record::first, note.gpa.value);
  store_le(to + side_record::second, note.size.value);
  store_le(to + side_record::third, note.attributes);
  store_le(to + side_record::ret, note.ret);
  return SideKind::memory_attributes;
}

SideKind encode_note(const GuestMemfdCreation& note, char* to) {
  store_le(to + side_record::first, note.size.value);
  store_le(to + side_record::second, note.flags);
  store_le(to + side_record::ret, note.ret);
  return SideKind::guest_memfd_creation;
}

SideKind encode_note(const CallPhases& note, char* to) {
  namespace at = phases_record;
  for (size_t i = 0; i < phase_count; ++i) {
    store_le(to + at::times_ns + i * sizeof(int64_t), note.of[i].time.value);
    store_le(to + at::counts + i * sizeof(uint16_t), note.of[i].times);
  }
  return SideKind::call_phases;
}

SideKind encode_note(const GuestCost& note, char* to) {
  store_le(to + side_record::first, note.page_faults);
  store_le(to + side_record::second, note.mmio_exits);
  return SideKind::guest_cost;
}

uint8_t detail_of(const Note& note) {
  if (const auto* mapping = std::get_if<PciMapping>(&note)) {
    return static_cast<uint8_t>(mapping->change);
  }
  uint8_t measured = 0;
  if (const auto* phases = std::get_if<CallPhases>(&note)) {
    for (size_t i = 0; i < phase_count; ++i) {
      measured = static_cast<uint8_t>(measured | phases->of[i].measured << i);
    }
  }
  return measured;
}

void encode_side(const Annotation& annotation, char* to) {
  const uint8_t detail = detail_of(annotation.note);
  const SideKind kind =
      std::visit([to](const auto& note) { return encode_note(note, to); }, annotation.note);
  encode_head(kind, detail, annotation.time, annotation.vm, annotation.tid.value, to);
}

}  // namespace

void BlockEncoder::clear() {
  payload_.assign(block::calls, '\0');
  side_.clear();
  calls_ = others_ = 0;
}

void BlockEncoder::add_call(const Call& call) {
  if (needs_rest(call)) {
    side_.resize(side_.size() + side_record::size);
    char* rest = side_.data() + side_.size() - side_record::size;
    store_le(rest + side_record::position, calls_);
    store_le(rest + side_record::kind, static_cast<uint8_t>(SideKind::rest));
    encode_rest(call, rest);
  }
  payload_.resize(payload_.size() + call_record::size);
  encode_call(call, payload_.data() + payload_.size() - call_record::size);
  ++calls_;
}

void BlockEncoder::add(const Event& event) {
  if (const Call* call = std::get_if<Call>(&event)) return add_call(*call);
  side_.resize(side_.size() + side_record::size);
  char* record = side_.data() + side_.size() - side_record::size;
  store_le(record + side_record::position, calls_);
  std::visit([record](const auto& other) { encode_side(other, record); }, event);
  ++others_;
}

std::string_view BlockEncoder::payload(CallNumber number) {
  store_le(payload_.data() + block::number, number.value);
  payload_ += side_;
  side_.clear();
  return payload_;
}

}  // namespace slotscope::native
