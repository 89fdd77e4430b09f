#include "analyzer/causes/commit_notes.h"

#include <algorithm>

#include "analyzer/causes/cause_rules.h"

namespace slotscope {
namespace {

constexpr uint8_t rom_bar_number = 6;  // PCI_ROM_SLOT
// Of a device's config space: the command register, the BARs and the ROM BAR of both header types.
constexpr uint32_t command_register = 0x04, first_bar = 0x10, last_bar = 0x3b;

struct NoteFeature {
  const CommitEffect& effect;

  Features operator()(const MemslotIoctl&) const { return {}; }
  Features operator()(const GlobalDirty&) const { return feature::said_dirty; }
  Features operator()(const MemoryAttributes&) const { return {}; }
  Features operator()(const GuestMemfdCreation&) const { return {}; }
  Features operator()(const CallPhases&) const { return {}; }
  Features operator()(const GuestCost&) const { return {}; }
  Features operator()(const PciMapping& mapping) const {
    if (!changes_in(GpaRange::of(Gpa{mapping.address}, mapping.size))) return {};
    return mapping.bar == rom_bar_number ? feature::said_rom : feature::said_bar;
  }
  Features operator()(const PciConfigWrite& write) const {
    for (const BridgeRegister& bridge : bridge_registers()) {
      if (write.device.view() != bridge.device) continue;
      if (write.offset >= bridge.first && write.offset <= bridge.last) return bridge.says;
    }
    const bool maps =
        write.offset == command_register || (write.offset >= first_bar && write.offset <= last_bar);
    return maps ? feature::said_bar : Features();
  }

  bool changes_in(GpaRange range) const {
    const std::span<const Side> sides = effect.sides();
    return std::any_of(sides.begin(), sides.end(),
                       [&](const Side& side) { return range.overlaps(side.slot.range()); });
  }
};

}  // namespace

void CommitNotes::add(const Annotation& annotation) {
  if (std::holds_alternative<MemslotIoctl>(annotation.note) || is_observed(annotation.note)) return;
  guest_wrote_ |= std::holds_alternative<PciConfigWrite>(annotation.note);
  if (notes_.empty()) notes_.resize(most);
  notes_[count_++ % most] = annotation.note;
}

std::optional<Note> CommitNotes::say(Features& features, const CommitEffect& effect) const {
  const size_t kept = std::min(count_, most);
  for (size_t age = 1; age <= kept; ++age) {
    const Note& note = notes_[(count_ - age) % most];
    const Features said = std::visit(NoteFeature{effect}, note);
    if (said.empty()) continue;
    features |= said;
    return note;
  }
  return std::nullopt;
}

}  // namespace slotscope
