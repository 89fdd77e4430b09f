// The QEMU trace events that tell something about memslots, and the arguments they are written with
// by the simple backend and by its pretty-printer.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace slotscope {

enum class QemuEvent : uint8_t {
  other,  // not about memslots
  set_user_memory,
  dropped,
  vm_ioctl,
  flatview_new,
  pci_cfg_write,
  pci_mapping_add,
  pci_mapping_del,
  global_dirty,
};

QemuEvent qemu_event(std::string_view name);
const char* name_of(QemuEvent event);

// Whether a record of `event` that can't be read is an error: it hides a call, or that calls were
// lost. The others only explain calls, and gain arguments from one QEMU to the next.
constexpr bool must_be_readable(QemuEvent event) {
  return event == QemuEvent::set_user_memory || event == QemuEvent::dropped;
}

struct QemuArgument {
  // What the number has to fit in. QEMU widens every number to 64 bits, signed ones with their
  // sign.
  enum class Type : uint8_t { u8, u16, u32, u64, result };
  const char* name;
  Type type;
};

// nullptr when `value` can be one of `type`, else what had to stand there.
const char* expected_instead(QemuArgument::Type type, uint64_t value);

struct QemuSignature {
  static constexpr size_t max_numbers = 9;
  QemuEvent event;
  bool device;  // a string `dev` comes first: the device's name
  std::span<const QemuArgument> numbers;
};

// Every signature that `event` had, the newest first.
std::span<const QemuSignature> signatures_of(QemuEvent event);

}  // namespace slotscope
