#include "analyzer/render/json/shape_json.h"

namespace slotscope {

void add_shape_json(Json& json, const SpaceShape& shape) {
  Json pieces = Json::array(), misaligned = Json::array(), aliases = Json::array();
  for (const SlotPiece& piece : shape.pieces) {
    Json slots = Json::array();
    for (const SlotId slot : piece.slots) slots.push_back(slot.value);
    pieces.push_back({{"gpa", address_json(piece.range.begin.value)},
                      {"size", piece.range.size().value},
                      {"slots", std::move(slots)},
                      {"equal_blocks", piece.equal_blocks}});
  }
  for (const Slot& slot : shape.misaligned) misaligned.push_back(slot.id.value);
  for (const SlotAlias& alias : shape.aliases) {
    aliases.push_back(
        {{"slots", {alias.low.id.value, alias.high.id.value}}, {"size", alias.size.value}});
  }
  json["slots_needed"] = shape.slots_needed;
  json["pieces"] = std::move(pieces);
  json["misaligned_slots"] = std::move(misaligned);
  json["aliases"] = std::move(aliases);
}

}  // namespace slotscope
