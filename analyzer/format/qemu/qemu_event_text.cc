#include "analyzer/format/qemu/qemu_event_text.h"

#include <algorithm>

namespace slotscope {
namespace {

constexpr uint32_t kvm_set_user_memory_region = 0x4020ae46;
constexpr uint32_t kvm_set_user_memory_region2 = 0x40a0ae49;

struct NamedEvent {
  std::string_view name;
  QemuTextEvent event;
};

constexpr NamedEvent events[] = {
    {"kvm_set_user_memory ", QemuTextEvent::kvm_set_user_memory},
    {"flatview_new ", QemuTextEvent::flatview_new},
    {"kvm_vm_ioctl ", QemuTextEvent::kvm_vm_ioctl},
    {"pci_cfg_write ", QemuTextEvent::pci_cfg_write},
    {"pci_update_mappings_add ", QemuTextEvent::pci_update_mappings_add},
    {"pci_update_mappings_del ", QemuTextEvent::pci_update_mappings_del},
    {"global_dirty_changed ", QemuTextEvent::global_dirty_changed},
};

// Cuts `text` at its last blank before `end`: "NAME WITH BLANKS" and the field behind it.
bool split_last(std::string_view text, std::string_view& left, std::string_view& field) {
  const size_t blank = text.rfind(' ');
  if (blank == std::string_view::npos) return false;
  left = text.substr(0, blank);
  field = text.substr(blank + 1);
  return true;
}

// "BB:DD.F" in hexadecimal (6.x on), "DD:F" in decimal before.
bool parse_function(std::string_view text, PciFunction& at) {
  Cursor hex(text);
  if (hex.bounded(&Cursor::hex_digits, at.bus) && hex.accept(":") &&
      hex.bounded(&Cursor::hex_digits, at.device) && hex.accept(".") &&
      hex.bounded(&Cursor::hex_digits, at.function) && hex.at_end()) {
    return true;
  }
  Cursor decimal(text);
  at.bus = 0;
  return decimal.bounded(&Cursor::decimal, at.device) && decimal.accept(":") &&
         decimal.bounded(&Cursor::decimal, at.function) && decimal.at_end();
}

std::optional<Note> parse_ioctl(std::string_view body) {
  Cursor cursor(body);
  uint64_t type = 0;
  if (!cursor.literal("type 0x") || !cursor.hex_digits(type)) return std::nullopt;
  // The kernel looks at 32 bits; QEMU 10 prints an unsigned long.
  const auto request = static_cast<uint32_t>(type);
  if (request != kvm_set_user_memory_region && request != kvm_set_user_memory_region2) {
    return std::nullopt;
  }
  return MemslotIoctl{request};
}

// "NAME BB:DD.F @0xOFFSET <- 0xVALUE"
std::optional<Note> parse_config_write(std::string_view body) {
  const size_t at = body.rfind(" @0x");
  if (at == std::string_view::npos) return std::nullopt;
  PciConfigWrite write;
  std::string_view name, function;
  Cursor cursor(body, at + 4);
  if (!split_last(body.substr(0, at), name, function) || !parse_function(function, write.at) ||
      !cursor.bounded(&Cursor::hex_digits, write.offset) || !cursor.literal(" <- 0x") ||
      !cursor.bounded(&Cursor::hex_digits, write.value)) {
    return std::nullopt;
  }
  write.device = DeviceName(name);
  return write;
}

// "NAME BB:DD.F BAR,0xADDRESS+0xSIZE"; 5.2 prints "d=POINTER" for the name.
std::optional<Note> parse_mapping(PciMapping::Change change, std::string_view body) {
  PciMapping mapping{.change = change, .device = {}, .at = {}, .bar = 0, .address = 0, .size = {}};
  std::string_view left, where, name, function;
  if (!split_last(body, left, where) || !split_last(left, name, function) ||
      !parse_function(function, mapping.at)) {
    return std::nullopt;
  }
  Cursor cursor(where);
  if (!cursor.bounded(&Cursor::decimal, mapping.bar) || !cursor.literal(",0x") ||
      !cursor.hex_digits(mapping.address) || !cursor.literal("+0x") ||
      !cursor.hex_digits(mapping.size.value)) {
    return std::nullopt;
  }
  mapping.device = DeviceName(name);
  return mapping;
}

std::optional<Note> parse_global_dirty(std::string_view body) {
  Cursor cursor(body);
  GlobalDirty dirty;
  if (!cursor.literal("bitmask 0x") || !cursor.bounded(&Cursor::hex_digits, dirty.bitmask)) {
    return std::nullopt;
  }
  return dirty;
}

// V1 prints the ioctl's raw slot field, V2 and V3 its two halves.
bool parse_slot(Cursor& cursor, Call& call) {
  if (cursor.accept("AddrSpace#")) {
    return cursor.bounded(&Cursor::decimal, call.as.value) && cursor.literal(" Slot#") &&
           cursor.bounded(&Cursor::decimal, call.slot.value);
  }
  uint32_t raw = 0;
  if (!cursor.literal("Slot#") || !cursor.bounded(&Cursor::decimal, raw)) return false;
  call.as.value = static_cast<uint16_t>(raw >> 16);
  call.slot.value = static_cast<uint16_t>(raw);
  return true;
}

bool parse_guest_memfd(Cursor& cursor, Call& call) {
  if (cursor.accept(" guest_memfd=")) {
    return cursor.signed32(call.guest_memfd) && cursor.literal(" guest_memfd_offset=0x") &&
           cursor.hex_digits(call.guest_memfd_offset.value);
  }
  if (cursor.accept(" gmem_fd=")) {  // TDX development trees before 9.1
    return cursor.signed32(call.guest_memfd) && cursor.literal(" gmem_fd_offset=0x") &&
           cursor.hex_digits(call.guest_memfd_offset.value);
  }
  return true;
}

}  // namespace

QemuTextEvent qemu_event_at(std::string_view text, std::string_view& body) {
  // Nearly every line that is asked about begins with something else.
  if (text.empty() || std::string_view("kfpg").find(text[0]) == std::string_view::npos) {
    return QemuTextEvent::none;
  }
  for (const NamedEvent& named : events) {
    if (text.starts_with(named.name)) {
      body = text.substr(named.name.size());
      return named.event;
    }
  }
  return QemuTextEvent::none;
}

bool parse_set_user_memory(Cursor& cursor, Call& call) {
  if (!parse_slot(cursor, call) || !cursor.literal(" flags=0x") ||
      !cursor.bounded(&Cursor::hex_digits, call.flags) || !cursor.literal(" gpa=0x") ||
      !cursor.hex_digits(call.gpa.value) || !cursor.literal(" size=0x") ||
      !cursor.hex_digits(call.size.value) || !cursor.literal(" ua=0x") ||
      !cursor.hex_digits(call.hva.value)) {
    return false;
  }
  if (cursor.rest() == " ret=0") return true;  // nearly every line of V1
  if (!parse_guest_memfd(cursor, call) || !cursor.literal(" ret=") || !cursor.signed32(call.ret)) {
    return false;
  }
  while (cursor.accept(" ")) {
  }
  if (!cursor.at_end()) return cursor.fail("the end of the line");
  if (call.ret > 0) return cursor.fail("a result of 0 or a negative errno");
  return true;
}

std::optional<Note> parse_note(QemuTextEvent event, std::string_view body) {
  switch (event) {
    case QemuTextEvent::kvm_vm_ioctl:
      return parse_ioctl(body);
    case QemuTextEvent::pci_cfg_write:
      return parse_config_write(body);
    case QemuTextEvent::pci_update_mappings_add:
      return parse_mapping(PciMapping::Change::add, body);
    case QemuTextEvent::pci_update_mappings_del:
      return parse_mapping(PciMapping::Change::del, body);
    case QemuTextEvent::global_dirty_changed:
      return parse_global_dirty(body);
    case QemuTextEvent::none:
    case QemuTextEvent::kvm_set_user_memory:
    case QemuTextEvent::flatview_new:
      break;
  }
  return std::nullopt;
}

}  // namespace slotscope
