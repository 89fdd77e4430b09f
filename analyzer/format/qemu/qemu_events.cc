#include "analyzer/format/qemu/qemu_events.h"

#include <algorithm>

namespace slotscope {
namespace {

constexpr uint32_t set_user_memory_region = 0x4020ae46;   // KVM_SET_USER_MEMORY_REGION
constexpr uint32_t set_user_memory_region2 = 0x40a0ae49;  // KVM_SET_USER_MEMORY_REGION2

using Numbers = std::span<const uint64_t>;

// kvm_set_user_memory in each of its signatures: only until 9.0 it has six arguments.
Call call_of(Numbers numbers) {
  Call call;
  if (numbers.size() == 6) {
    const auto slot = static_cast<uint32_t>(numbers[0]);
    call.as = {static_cast<uint16_t>(slot >> 16)};
    call.slot = {static_cast<uint16_t>(slot)};
    numbers = numbers.subspan(1);
  } else {
    call.as = {static_cast<uint16_t>(numbers[0])};
    call.slot = {static_cast<uint16_t>(numbers[1])};
    numbers = numbers.subspan(2);
  }
  call.flags = static_cast<uint32_t>(numbers[0]);
  call.gpa = {numbers[1]};
  call.size = {numbers[2]};
  call.hva = {numbers[3]};
  if (numbers.size() == 7) {
    call.guest_memfd = static_cast<int32_t>(static_cast<uint32_t>(numbers[4]));
    call.guest_memfd_offset = {numbers[5]};
  }
  call.ret = static_cast<int32_t>(static_cast<uint32_t>(numbers.back()));
  return call;
}

// From the front of `numbers`: bus, device, function.
PciFunction pci_function(Numbers numbers) {
  return {.bus = static_cast<uint8_t>(numbers[0]),
          .device = static_cast<uint8_t>(numbers[1]),
          .function = static_cast<uint8_t>(numbers[2])};
}

PciConfigWrite config_write(const QemuRecord& record) {
  const Numbers offset_and_value = record.numbers.last(2);
  PciConfigWrite write{.device = DeviceName(record.device),
                       .at = {},
                       .offset = static_cast<uint32_t>(offset_and_value[0]),
                       .value = static_cast<uint32_t>(offset_and_value[1])};
  if (record.numbers.size() == 5) {
    write.at = pci_function(record.numbers);
  } else {  // QEMU 5.2 tells no bus
    write.at.device = static_cast<uint8_t>(record.numbers[0]);
    write.at.function = static_cast<uint8_t>(record.numbers[1]);
  }
  return write;
}

PciMapping mapping(const QemuRecord& record, PciMapping::Change change) {
  const Numbers numbers = record.numbers.last(6);
  return {.change = change,
          .device = DeviceName(record.device),
          .at = pci_function(numbers),
          .bar = static_cast<uint8_t>(numbers[3]),
          .address = numbers[4],
          .size = {numbers[5]}};
}

std::optional<Note> note_of(const QemuRecord& record) {
  switch (record.signature->event) {
    case QemuEvent::vm_ioctl: {
      // `type` was an int until 9.x, so requests with bit 31 come with their sign.
      const auto request = static_cast<uint32_t>(record.numbers[0]);
      if (request != set_user_memory_region && request != set_user_memory_region2) return {};
      return MemslotIoctl{request};
    }
    case QemuEvent::pci_cfg_write:
      return config_write(record);
    case QemuEvent::pci_mapping_add:
      return mapping(record, PciMapping::Change::add);
    case QemuEvent::pci_mapping_del:
      return mapping(record, PciMapping::Change::del);
    case QemuEvent::global_dirty:
      return GlobalDirty{static_cast<uint32_t>(record.numbers[0])};
    case QemuEvent::other:
    case QemuEvent::set_user_memory:
    case QemuEvent::dropped:
    case QemuEvent::flatview_new:
      break;
  }
  return {};
}

}  // namespace

CommitMarker& QemuEvents::commits_of(VmId vm) {
  if (commits_.size() < vm.value) commits_.resize(vm.value);
  return commits_[vm.value - 1];
}

bool QemuEvents::append(const QemuRecord& record, EventBatch& batch) {
  const VmId vm = vms_.of(record.pid);
  switch (record.signature->event) {
    case QemuEvent::set_user_memory: {
      CommitMarker& commits = commits_of(vm);
      if (auto mark = commits.before_call(vm, Tid{})) batch.push_back(*mark);
      Call call = call_of(record.numbers);
      call.time = record.time;
      call.vm = vm;
      call.pid = record.pid;
      call.commit = commits.current();
      batch.push_back(call);
      return true;
    }
    case QemuEvent::flatview_new:
      commits_of(vm).boundary(record.time);
      return true;
    case QemuEvent::dropped:
      batch.push_back(Loss{.time = record.time,
                           .vm = vm,
                           .count = record.numbers[0],
                           .reason = Loss::Reason::dropped});
      return true;
    default:
      break;
  }
  const std::optional<Note> note = note_of(record);
  if (!note) return false;
  batch.push_back(Annotation{.time = record.time, .vm = vm, .tid = {}, .note = *note});
  return true;
}

}  // namespace slotscope
