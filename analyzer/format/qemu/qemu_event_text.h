// The bodies of the QEMU trace events that slotscope reads, as the text backends print them.
#pragma once

#include <optional>
#include <string_view>

#include "analyzer/event/annotation.h"
#include "analyzer/event/call.h"
#include "analyzer/format/cursor.h"

namespace slotscope {

enum class QemuTextEvent : uint8_t {
  none,
  kvm_set_user_memory,
  flatview_new,
  kvm_vm_ioctl,
  pci_cfg_write,
  pci_update_mappings_add,
  pci_update_mappings_del,
  global_dirty_changed,
};

// The event whose name and blank `text` begins with; `body` is the rest.
QemuTextEvent qemu_event_at(std::string_view text, std::string_view& body);

// "Slot#..." up to the end of the line, variants V1 to V3; false where `cursor` says what it wants.
bool parse_set_user_memory(Cursor& cursor, Call& call);

// What the other events tell; nothing when it is not about memslots or not of a known form.
std::optional<Note> parse_note(QemuTextEvent event, std::string_view body);

}  // namespace slotscope
