#include "analyzer/render/text/note_text.h"

#include <fmt/format.h>

#include "analyzer/base/escape.h"
#include "analyzer/render/text/phase_text.h"
#include "analyzer/render/text/units_text.h"

namespace slotscope {
namespace {

// include/uapi/linux/kvm.h; the same on every architecture with the generic _IOC.
const char* ioctl_name(uint32_t request) {
  switch (request) {
    case 0x40a0ae49:
      return "KVM_SET_USER_MEMORY_REGION2";
    case 0x4020aed2:
      return "KVM_SET_MEMORY_ATTRIBUTES";
    case 0xc040aed4:
      return "KVM_CREATE_GUEST_MEMFD";
    default:
      return "KVM_SET_USER_MEMORY_REGION";
  }
}

struct NoteText {
  std::string operator()(const MemslotIoctl& ioctl) const { return ioctl_name(ioctl.request); }
  std::string operator()(const PciConfigWrite& write) const {
    return fmt::format("pci_cfg_write {} {} @{:#x} <- {:#x}", name(write.device), at(write.at),
                       write.offset, write.value);
  }
  std::string operator()(const PciMapping& mapping) const {
    const bool add = mapping.change == PciMapping::Change::add;
    return fmt::format("pci_update_mappings_{} {} {} {},{:#x}+{:#x}", add ? "add" : "del",
                       name(mapping.device), at(mapping.at), mapping.bar, mapping.address,
                       mapping.size.value);
  }
  std::string operator()(const GlobalDirty& dirty) const {
    return fmt::format("global_dirty_changed bitmask {:#x}", dirty.bitmask);
  }

  std::string operator()(const MemoryAttributes& set) const {
    std::string what =
        set.attributes == 0 ? "shared" : fmt::format("attributes {:#x}", set.attributes);
    if (set.attributes == MemoryAttributes::is_private) what = "private";
    const std::string range =
        set.size.value ? range_text(GpaRange::of(set.gpa, set.size)) : address_text(set.gpa.value);
    return fmt::format("KVM_SET_MEMORY_ATTRIBUTES {} {} {}{}", range, size_text(set.size), what,
                       failure(set.ret));
  }
  std::string operator()(const GuestMemfdCreation& made) const {
    std::string text = fmt::format("KVM_CREATE_GUEST_MEMFD {}", size_text(made.size));
    if (made.flags) text += fmt::format(" flags {:#x}", made.flags);
    return text + (made.ret < 0 ? failure(made.ret) : fmt::format(": fd {}", made.ret));
  }

  std::string operator()(const CallPhases& phases) const {
    std::string text;
    for (size_t i = 0; i < phase_count; ++i) {
      const CallPhases::One& one = phases.of[i];
      if (!one.measured) continue;
      text += fmt::format("{}{} {}", text.empty() ? "inside: " : ", ",
                          phase_title(static_cast<Phase>(i)),
                          one.times ? duration_text(one.time) : "0");
      if (one.times > 1) text += fmt::format(" ({} times)", one.times);
    }
    return text.empty() ? "inside: nothing is measured here" : text;
  }
  std::string operator()(const GuestCost& cost) const {
    const std::string exits = count_text(cost.mmio_exits, "MMIO exit", "MMIO exits");
    if (cost.page_faults == 0) return "then, up to here: " + exits;
    return fmt::format("then, up to here: {}, {}",
                       count_text(cost.page_faults, "page fault", "page faults"), exits);
  }

  static std::string failure(int32_t ret) { return ret < 0 ? ": " + errno_text(ret) : ""; }
  static std::string name(const DeviceName& device) { return escape_for_terminal(device.view()); }
  static std::string at(PciFunction f) {
    return fmt::format("{:02x}:{:02x}.{:x}", f.bus, f.device, f.function);
  }
};

}  // namespace

std::string note_text(const Note& note) { return std::visit(NoteText{}, note); }

}  // namespace slotscope
