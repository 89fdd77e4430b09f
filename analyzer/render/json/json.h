// What the JSON documents share: the words of section 2 in snake_case, sizes in bytes, times in
// ns, addresses as strings.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "analyzer/base/units.h"
#include "analyzer/event/annotation.h"
#include "analyzer/event/source.h"
#include "analyzer/model/slot.h"
#include "analyzer/model/update.h"

namespace slotscope {

using Json = nlohmann::ordered_json;

Json address_json(uint64_t address);
Json time_json(std::optional<Nanos> time);  // null when unknown
Json flags_json(uint32_t flags);            // ["log_dirty", ...]; unknown bits as "0x8"
Json slot_json(const Slot& slot);
Json note_json(const Note& note);
Json phases_json(const CallPhases& phases);  // of those that were measured

// As one line or indented; bytes of a trace that are not UTF-8 are replaced, never thrown over.
std::string json_text(const Json& json, int indent = -1);

}  // namespace slotscope
