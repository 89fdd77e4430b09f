#include "analyzer/format/qemu/qemu_signature.h"

#include <algorithm>
#include <array>

namespace slotscope {
namespace {

using enum QemuArgument::Type;

// accel/kvm/trace-events: 9.1 and later; until 9.0, where slot holds the address space in
// bits 16..; and builds with "Split address space and slot id in trace_kvm_set_user_memory()"
// alone.
constexpr QemuArgument memory_9_1[] = {
    {"as", u16},          {"slot", u16},           {"flags", u32}, {"guest_phys_addr", u64},
    {"memory_size", u64}, {"userspace_addr", u64}, {"fd", u32},    {"fd_offset", u64},
    {"ret", result}};
constexpr QemuArgument memory_9_0[] = {
    {"slot", u32},        {"flags", u32},          {"guest_phys_addr", u64},
    {"memory_size", u64}, {"userspace_addr", u64}, {"ret", result}};
constexpr QemuArgument memory_split[] = {
    {"as", u16},          {"slot", u16},           {"flags", u32}, {"guest_phys_addr", u64},
    {"memory_size", u64}, {"userspace_addr", u64}, {"ret", result}};

// scripts/simpletrace.py's name for the count that trace/simple.c writes under DROPPED_EVENT_ID.
constexpr QemuArgument drop_count[] = {{"num_events_dropped", u64}};

constexpr QemuArgument ioctl_request[] = {{"type", u64}, {"arg", u64}};
constexpr QemuArgument view_and_root[] = {{"view", u64}, {"root", u64}};

// hw/pci/trace-events: since 7.0 with the device's name and its bus; before, a write had no bus and
// a mapping had the device's address instead of its name.
constexpr QemuArgument write_7_0[] = {
    {"bus", u8}, {"slot", u8}, {"func", u8}, {"offs", u32}, {"val", u32}};
constexpr QemuArgument write_5_2[] = {{"devid", u8}, {"fnid", u8}, {"offs", u32}, {"val", u32}};
constexpr QemuArgument mapping_7_0[] = {{"bus", u8}, {"slot", u8},  {"func", u8},
                                        {"bar", u8}, {"addr", u64}, {"size", u64}};
constexpr QemuArgument mapping_5_2[] = {{"d", u64},  {"bus", u8},   {"slot", u8}, {"func", u8},
                                        {"bar", u8}, {"addr", u64}, {"size", u64}};

constexpr QemuArgument dirty_bitmask[] = {{"bitmask", u32}};

// Grouped by event: signatures_of answers with a part of it.
constexpr QemuSignature signatures[] = {
    {QemuEvent::set_user_memory, false, memory_9_1},
    {QemuEvent::set_user_memory, false, memory_9_0},
    {QemuEvent::set_user_memory, false, memory_split},
    {QemuEvent::dropped, false, drop_count},
    {QemuEvent::vm_ioctl, false, ioctl_request},
    {QemuEvent::flatview_new, false, view_and_root},
    {QemuEvent::pci_cfg_write, true, write_7_0},
    {QemuEvent::pci_cfg_write, true, write_5_2},
    {QemuEvent::pci_mapping_add, true, mapping_7_0},
    {QemuEvent::pci_mapping_add, false, mapping_5_2},
    {QemuEvent::pci_mapping_del, true, mapping_7_0},
    {QemuEvent::pci_mapping_del, false, mapping_5_2},
    {QemuEvent::global_dirty, false, dirty_bitmask},
};
static_assert(std::ranges::is_sorted(signatures, {}, &QemuSignature::event));
static_assert(std::ranges::all_of(signatures, [](const QemuSignature& signature) {
  return signature.numbers.size() <= QemuSignature::max_numbers;
}));

struct EventName {
  QemuEvent event;
  const char* name;
};

constexpr EventName event_names[] = {
    {QemuEvent::set_user_memory, "kvm_set_user_memory"},
    {QemuEvent::dropped, "Dropped_Event"},
    {QemuEvent::vm_ioctl, "kvm_vm_ioctl"},
    {QemuEvent::flatview_new, "flatview_new"},
    {QemuEvent::pci_cfg_write, "pci_cfg_write"},
    {QemuEvent::pci_mapping_add, "pci_update_mappings_add"},
    {QemuEvent::pci_mapping_del, "pci_update_mappings_del"},
    {QemuEvent::global_dirty, "global_dirty_changed"},
};

}  // namespace

QemuEvent qemu_event(std::string_view name) {
  for (const EventName& known : event_names) {
    if (name == known.name) return known.event;
  }
  return QemuEvent::other;
}

const char* name_of(QemuEvent event) {
  const auto* known = std::ranges::find(event_names, event, &EventName::event);
  return known == std::end(event_names) ? "another event" : known->name;
}

const char* expected_instead(QemuArgument::Type type, uint64_t value) {
  constexpr uint64_t max_errno = 4095;  // MAX_ERRNO in include/linux/err.h
  switch (type) {
    case u8:
      return value >> 8 ? "a number of at most 8 bits" : nullptr;
    case u16:
      return value >> 16 ? "a number of at most 16 bits" : nullptr;
    case u32:
      return value >> 32 ? "a number of at most 32 bits" : nullptr;
    case u64:
      return nullptr;
    case result:
      return -value > max_errno ? "0 or a negative errno of 64 bits" : nullptr;
  }
  return nullptr;
}

std::span<const QemuSignature> signatures_of(QemuEvent event) {
  // Not equal_range: clang 14 rejects libstdc++ 12's subrange.
  const auto* begin = std::ranges::lower_bound(signatures, event, {}, &QemuSignature::event);
  const auto* end = std::ranges::upper_bound(signatures, event, {}, &QemuSignature::event);
  return {begin, end};
}

}  // namespace slotscope
