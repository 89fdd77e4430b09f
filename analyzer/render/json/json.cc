#include "analyzer/render/json/json.h"

#include <fmt/format.h>

#include <iterator>

#include "analyzer/base/escape.h"
#include "analyzer/event/words.h"
#include "analyzer/render/json/line_parts.h"

namespace slotscope {
namespace {

struct NoteJson {
  Json operator()(const MemslotIoctl& ioctl) const {
    return {{"event", "kvm_vm_ioctl"}, {"request", address_json(ioctl.request)}};
  }
  Json operator()(const PciConfigWrite& write) const {
    return {{"event", "pci_cfg_write"},
            {"device", write.device.view()},
            {"function", function(write.at)},
            {"offset", address_json(write.offset)},
            {"value", address_json(write.value)}};
  }
  Json operator()(const PciMapping& mapping) const {
    const bool add = mapping.change == PciMapping::Change::add;
    return {{"event", add ? "pci_update_mappings_add" : "pci_update_mappings_del"},
            {"device", mapping.device.view()},
            {"function", function(mapping.at)},
            {"bar", mapping.bar},
            {"address", address_json(mapping.address)},
            {"size", mapping.size.value}};
  }
  Json operator()(const GlobalDirty& dirty) const {
    return {{"event", "global_dirty_changed"}, {"bitmask", dirty.bitmask}};
  }

  Json operator()(const MemoryAttributes& set) const {
    return {{"event", "memory_attributes"},
            {"gpa", address_json(set.gpa.value)},
            {"size", set.size.value},
            {"attributes", address_json(set.attributes)},
            {"ret", set.ret}};
  }
  Json operator()(const GuestMemfdCreation& made) const {
    return {{"event", "guest_memfd"},
            {"size", made.size.value},
            {"flags", address_json(made.flags)},
            {"ret", made.ret}};
  }
  Json operator()(const CallPhases& phases) const {
    Json json = {{"event", "call_phases"}};
    json.update(phases_json(phases));
    return json;
  }
  Json operator()(const GuestCost& cost) const {
    return {{"event", "guest_cost"},
            {"page_faults", cost.page_faults},
            {"mmio_exits", cost.mmio_exits}};
  }

  static std::string function(PciFunction at) {
    return fmt::format("{:02x}:{:02x}.{:x}", at.bus, at.device, at.function);
  }
};

}  // namespace

Json address_json(uint64_t address) { return fmt::format("{:#x}", address); }

Json time_json(std::optional<Nanos> time) { return time ? Json(time->value) : Json(nullptr); }

Json flags_json(uint32_t flags) {
  Json words = Json::array();
  const uint32_t unknown = each_flag_word(flags, [&](auto word) { words.push_back(word); });
  if (unknown) words.push_back(fmt::format("{:#x}", unknown));
  return words;
}

Json slot_json(const Slot& slot) {
  return tree_of([&](JsonLine& line) { put_slot_members(line, slot); });
}

Json phases_json(const CallPhases& phases) {
  Json json = Json::object();
  for (size_t i = 0; i < phase_count; ++i) {
    const CallPhases::One& one = phases.of[i];
    if (!one.measured) continue;
    json[std::string(word_of(static_cast<Phase>(i)))] = {{"time_ns", one.time.value},
                                                         {"times", one.times}};
  }
  return json;
}

Json note_json(const Note& note) { return std::visit(NoteJson{}, note); }

std::string json_text(const Json& json, int indent) {
  return escape_in_json(json.dump(indent, ' ', false, Json::error_handler_t::replace));
}

}  // namespace slotscope
