#include <algorithm>
#include <utility>

#include "analyzer/base/bytes.h"
#include "analyzer/format/native/native_block.h"
#include "analyzer/format/native/native_layout.h"

namespace slotscope::native {
namespace {

// A whole Call at once: assigning its fields one by one costs twice as much, because the compiler
// then clears it first.
Call decode_call(const char* from, uint8_t known) {
  namespace at = call_record;
  using Time = std::optional<Nanos>;
  const Nanos time{load_le<int64_t>(from + at::time)};
  const Nanos duration{load_le<uint32_t>(from + at::duration)};
  return {.time = known & known_time ? Time(time) : Time(),
          .duration = known & known_duration ? Time(duration) : Time(),
          .gpa = Gpa{load_le<uint64_t>(from + at::gpa)},
          .size = Bytes{load_le<uint64_t>(from + at::size_)},
          .hva = Hva{load_le<uint64_t>(from + at::hva)},
          .guest_memfd_offset = {},
          .guest_memfd = -1,
          .flags = load_le<uint16_t>(from + at::flags),
          .ret = load_le<int16_t>(from + at::ret),
          .vm = VmId{load_le<uint16_t>(from + at::vm)},
          .as = AsId{load_le<uint16_t>(from + at::as)},
          .slot = SlotId{load_le<uint16_t>(from + at::slot)},
          .pid = Pid{load_le<uint32_t>(from + at::pid)},
          .tid = Tid{load_le<uint32_t>(from + at::tid)},
          .commit = CommitId{load_le<uint32_t>(from + at::commit)},
          .stack = StackId{load_le<uint32_t>(from + at::stack)},
          .origin = static_cast<Origin>(load_le<uint8_t>(from + at::origin))};
}

// Appends `n` calls from `from` on; whether all of them are valid.
bool decode_calls(const char* from, size_t n, EventBatch& batch) {
  namespace at = call_record;
  unsigned known_bits = 0, largest_origin = 0;
  for (const char* end = from + n * at::size; from != end; from += at::size) {
    const auto known = load_le<uint8_t>(from + at::known);
    known_bits |= known;
    largest_origin = std::max<unsigned>(largest_origin, load_le<uint8_t>(from + at::origin));
    batch.emplace_back(decode_call(from, known));
  }
  return known_bits <= (known_time | known_duration) &&
         largest_origin <= static_cast<unsigned>(Origin::snapshot);
}

void decode_rest(const char* from, Call& call) {
  namespace at = rest_record;
  if (call.duration) call.duration->value = load_le<int64_t>(from + at::duration);
  call.vm.value = load_le<uint32_t>(from + at::vm);
  call.guest_memfd = load_le<int32_t>(from + at::guest_memfd);
  call.guest_memfd_offset.value = load_le<uint64_t>(from + at::guest_memfd_offset);
  call.commit.value = load_le<uint64_t>(from + at::commit);
  call.flags = load_le<uint32_t>(from + at::flags);
  call.ret = load_le<int32_t>(from + at::ret);
}

// A side record's fields, whatever its kind.
struct Side {
  SideKind kind;
  uint8_t detail;
  std::optional<Nanos> time;
  VmId vm;
  uint32_t task;
  uint64_t first, second;
};

bool decode_side(const char* from, Side& side) {
  namespace at = side_record;
  const auto known = load_le<uint8_t>(from + at::known);
  side.kind = static_cast<SideKind>(load_le<uint8_t>(from + at::kind));
  side.detail = load_le<uint8_t>(from + at::detail);
  side.time.reset();
  if (known & known_time) side.time = Nanos{load_le<int64_t>(from + at::time)};
  side.vm.value = load_le<uint32_t>(from + at::vm);
  side.task = load_le<uint32_t>(from + at::task);
  side.first = load_le<uint64_t>(from + at::first);
  side.second = load_le<uint64_t>(from + at::second);
  return known <= known_time;
}

DeviceName decode_device(const char* from) {
  return DeviceName({from + side_record::device, DeviceName::capacity});
}

PciFunction decode_function(const char* from) {
  return {.bus = load_le<uint8_t>(from + side_record::bus),
          .device = load_le<uint8_t>(from + side_record::pci_device),
          .function = load_le<uint8_t>(from + side_record::pci_function)};
}

bool decode_phases(const Side& side, const char* from, CallPhases& phases) {
  namespace at = phases_record;
  for (size_t i = 0; i < phase_count; ++i) {
    phases.of[i] = {.measured = (side.detail >> i & 1) != 0,
                    .times = load_le<uint16_t>(from + at::counts + i * sizeof(uint16_t)),
                    .time = Nanos{load_le<int64_t>(from + at::times_ns + i * sizeof(int64_t))}};
  }
  return side.detail < 1u << phase_count;
}

bool decode_note(const Side& side, const char* from, Note& note) {
  const auto first32 = static_cast<uint32_t>(side.first);
  const auto second32 = static_cast<uint32_t>(side.second);
  switch (side.kind) {
    case SideKind::memslot_ioctl:
      note = MemslotIoctl{.request = first32};
      return side.detail == 0 && first32 == side.first;
    case SideKind::pci_config_write:
      note = PciConfigWrite{.device = decode_device(from),
                            .at = decode_function(from),
                            .offset = first32,
                            .value = second32};
      return side.detail == 0 && first32 == side.first && second32 == side.second;
    case SideKind::pci_mapping:
      note = PciMapping{.change = static_cast<PciMapping::Change>(side.detail),
                        .device = decode_device(from),
                        .at = decode_function(from),
                        .bar = load_le<uint8_t>(from + side_record::bar),
                        .address = side.first,
                        .size = Bytes{side.second}};
      return side.detail <= static_cast<uint8_t>(PciMapping::Change::del);
    case SideKind::global_dirty:
      note = GlobalDirty{.bitmask = first32};
      return side.detail == 0 && first32 == side.first;
    case SideKind::memory_attributes:
      note = MemoryAttributes{.gpa = Gpa{side.first},
                              .size = Bytes{side.second},
                              .attributes = load_le<uint64_t>(from + side_record::third),
                              .ret = load_le<int32_t>(from + side_record::ret)};
      return side.detail == 0;
    case SideKind::guest_memfd_creation:
      note = GuestMemfdCreation{.size = Bytes{side.first},
                                .flags = side.second,
                                .ret = load_le<int32_t>(from + side_record::ret)};
      return side.detail == 0;
    case SideKind::call_phases:
      return decode_phases(side, from, note.emplace<CallPhases>());
    case SideKind::guest_cost:
      note = GuestCost{.page_faults = side.first, .mmio_exits = side.second};
      return side.detail == 0;
    default:
      return false;
  }
}

bool decode_other(const Side& side, const char* from, EventBatch& batch) {
  switch (side.kind) {
    case SideKind::loss:
      batch.emplace_back(Loss{.time = side.time,
                              .vm = side.vm,
                              .count = side.first,
                              .reason = static_cast<Loss::Reason>(side.detail)});
      return side.detail <= static_cast<uint8_t>(Loss::Reason::damaged);
    case SideKind::commit_mark:
      batch.emplace_back(CommitMark{.time = side.time,
                                    .commit = CommitId{side.first},
                                    .vm = side.vm,
                                    .tid = Tid{side.task},
                                    .edge = static_cast<CommitMark::Edge>(side.detail)});
      return side.detail <= static_cast<uint8_t>(CommitMark::Edge::end);
    case SideKind::vm_mark:
      batch.emplace_back(VmMark{.time = side.time,
                                .vm = side.vm,
                                .pid = Pid{side.task},
                                .edge = static_cast<VmMark::Edge>(side.detail)});
      return side.detail <= static_cast<uint8_t>(VmMark::Edge::end);
    default: {
      Annotation annotation{.time = side.time, .vm = side.vm, .tid = Tid{side.task}, .note = {}};
      if (!decode_note(side, from, annotation.note)) return false;
      batch.emplace_back(annotation);
      return true;
    }
  }
}

}  // namespace

bool block_shape(size_t payload_size, uint32_t calls, BlockShape& shape) {
  const uint64_t call_bytes = uint64_t{calls} * call_record::size;
  if (payload_size < block::calls || payload_size - block::calls < call_bytes) return false;
  const uint64_t side_bytes = payload_size - block::calls - call_bytes;
  shape = {.calls = calls, .side = static_cast<uint32_t>(side_bytes / side_record::size)};
  return side_bytes % side_record::size == 0;
}

bool decode_block(std::string_view payload, BlockShape shape, EventBatch& batch) {
  const char* calls = payload.data() + block::calls;
  const char* side = calls + size_t{shape.calls} * call_record::size;
  batch.reserve(batch.size() + shape.calls + shape.side);
  uint32_t done = 0;  // calls in the batch
  const auto calls_up_to = [&](uint32_t end) {
    const uint32_t begin = std::exchange(done, end);
    return decode_calls(calls + size_t{begin} * call_record::size, end - begin, batch);
  };
  for (uint32_t i = 0; i < shape.side; ++i, side += side_record::size) {
    const auto position = load_le<uint32_t>(side + side_record::position);
    Side fields;
    if (position < done || position > shape.calls || !decode_side(side, fields)) return false;
    if (!calls_up_to(position)) return false;
    if (fields.kind == SideKind::rest) {
      if (position == shape.calls || !calls_up_to(position + 1)) return false;
      decode_rest(side, std::get<Call>(batch.back()));
    } else if (!decode_other(fields, side, batch)) {
      return false;
    }
  }
  return calls_up_to(shape.calls);
}

}  // namespace slotscope::native
