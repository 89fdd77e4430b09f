#include "analyzer/render/text/cause_text.h"

#include <fmt/format.h>

#include "analyzer/base/escape.h"
#include "analyzer/render/text/note_text.h"
#include "analyzer/render/text/units_text.h"

namespace slotscope {
namespace {

constexpr size_t longest_device_name = 16;

std::string device_text(const Note& note) {
  const PciMapping* mapping = std::get_if<PciMapping>(&note);
  if (!mapping) return "";
  const std::string name =
      escape_for_terminal(mapping->device.view().substr(0, longest_device_name));
  return fmt::format("{} {:02x}:{:02x}.{:x}", name, mapping->at.bus, mapping->at.device,
                     mapping->at.function);
}

}  // namespace

const char* cause_name(CauseKind kind) {
  switch (kind) {
    case CauseKind::unknown:
      return "unknown";
    case CauseKind::board_init:
      return "board init";
    case CauseKind::listener_registration:
      return "listener registration (SMM)";
    case CauseKind::pam:
      return "PAM (0xc0000-0xfffff)";
    case CauseKind::smram:
      return "SMRAM";
    case CauseKind::tseg:
      return "TSEG";
    case CauseKind::option_rom_shadow:
      return "option ROM shadow";
    case CauseKind::legacy_vga:
      return "legacy VGA (0xa0000-0xbffff)";
    case CauseKind::bar:
      return "BAR";
    case CauseKind::expansion_rom:
      return "expansion ROM";
    case CauseKind::flash_mode:
      return "flash mode";
    case CauseKind::dirty_logging:
      return "dirty logging";
    case CauseKind::hotplug:
      return "memory hotplug";
    case CauseKind::reset:
      break;
  }
  return "reset";
}

std::string cause_name(CauseKind kind, Confidence confidence) {
  const bool doubtful = confidence == Confidence::low && kind != CauseKind::unknown;
  return doubtful ? std::string("perhaps ") + cause_name(kind) : cause_name(kind);
}

std::string cause_text(const Cause& cause) {
  std::string text = cause_name(cause.rule->cause);
  if (!cause.at) return text;
  text += fmt::format(" {:#x}", cause.at->value);
  const std::string device = cause.said ? device_text(*cause.said) : "";
  if (!device.empty()) return text + " (" + device + ")";
  return text + fmt::format(" ({}{})", size_text(cause.size), cause.display ? ", display" : "");
}

const char* hedge_text(CauseKind cause, Confidence confidence) {
  if (cause == CauseKind::unknown || confidence == Confidence::high) return "";
  return confidence == Confidence::low ? "perhaps " : "probably ";
}

std::string cause_evidence_text(const Cause& cause) {
  return cause.said ? note_text(*cause.said) : cause.rule->evidence;
}

}  // namespace slotscope
