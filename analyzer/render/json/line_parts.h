// What the lines of a log share with documents: written here, and parsed again where a document
// wants a tree, so that both are the same.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "analyzer/base/json_line.h"
#include "analyzer/findings/holes.h"
#include "analyzer/findings/redundant_pairs.h"
#include "analyzer/model/slot.h"
#include "analyzer/render/json/json.h"

namespace slotscope {

// ["log_dirty", ...]; unknown bits as "0x8"
void put_flags(JsonLine& line, uint32_t flags);
// null when empty
void put_slot(JsonLine& line, std::string_view name, const std::optional<Slot>& slot);
void put_slot_members(JsonLine& line, const Slot& slot);
void put_pair_members(JsonLine& line, PairKind kind, const SlotPair& pair);
void put_hole_members(JsonLine& line, const Hole& hole);
// null when unknown
void put_time(JsonLine& line, std::string_view name, std::optional<Nanos> time);

// The object whose members put(line) writes, as a tree.
template <class Put>
Json tree_of(Put put) {
  std::string text;
  JsonLine line(text);
  put(line);
  line.end();
  return Json::parse(text);
}

}  // namespace slotscope
