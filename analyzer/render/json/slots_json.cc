#include "analyzer/render/json/slots_json.h"

#include "analyzer/render/json/shape_json.h"

namespace slotscope {
namespace {

Json space_json(const LiveSpace& space) {
  Json slots = Json::array();
  for (const MappedSlot& mapped : space.map.slots) slots.push_back(slot_json(mapped.slot));
  Json json = {{"as", space.map.as.value},       {"bytes_mapped", space.map.mapped.value},
               {"generation", space.generation}, {"internal_slots", space.internal_slots},
               {"one_state", space.one_state},   {"complete", space.complete}};
  json["slots"] = std::move(slots);
  add_shape_json(json, space.map.shape);
  return json;
}

}  // namespace

Json live_slots_json(std::span<const LiveVm> vms) {
  Json list = Json::array();
  for (const LiveVm& vm : vms) {
    Json spaces = Json::array();
    for (const LiveSpace& space : vm.spaces) spaces.push_back(space_json(space));
    Json entry = {{"vm", vm.vm.value}, {"pid", vm.pid.value}, {"command", vm.command}};
    entry["address_spaces"] = std::move(spaces);
    list.push_back(std::move(entry));
  }
  Json json = {{"schema", "slotscope.slots/1"}};
  json["vms"] = std::move(list);
  return json;
}

}  // namespace slotscope
