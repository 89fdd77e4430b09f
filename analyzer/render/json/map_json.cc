#include "analyzer/render/json/map_json.h"

#include "analyzer/render/json/shape_json.h"

namespace slotscope {

Json map_json(const MemoryMap& map, const std::string& path) {
  Json vms = Json::array();
  for (const VmMap& vm : map.vms) {
    Json spaces = Json::array();
    for (const SpaceMap& space : vm.spaces) {
      Json slots = Json::array();
      for (const MappedSlot& mapped : space.slots) slots.push_back(slot_json(mapped.slot));
      Json entry = {{"as", space.as.value}, {"bytes_mapped", space.mapped.value}};
      entry["slots"] = std::move(slots);
      add_shape_json(entry, space.shape);
      spaces.push_back(std::move(entry));
    }
    Json entry = {{"vm", vm.vm.value}, {"commit", vm.commit.value}};
    entry["address_spaces"] = std::move(spaces);
    vms.push_back(std::move(entry));
  }
  Json json = {{"schema", "slotscope.map/1"},
               {"path", path},
               {"after_call", map.after.value},
               {"since_first_ns", time_json(map.since_first)},
               {"lost", map.lost},
               {"cut_off", map.cut_off}};
  json["vms"] = std::move(vms);
  return json;
}

}  // namespace slotscope
