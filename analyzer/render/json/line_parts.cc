#include "analyzer/render/json/line_parts.h"

#include "analyzer/event/words.h"

namespace slotscope {

void put_flags(JsonLine& line, uint32_t flags) {
  line.open_list("flags");
  const uint32_t unknown = each_flag_word(flags, [&](auto word) { line.word_item(word); });
  if (unknown) line.hex_item(unknown);
  line.close_list();
}

void put_slot_members(JsonLine& line, const Slot& slot) {
  line.number("slot", slot.id);
  line.hex("gpa", slot.gpa.value);
  line.number("size", slot.size);
  line.hex("hva", slot.hva.value);
  put_flags(line, slot.flags);
  if (slot.flags & slot_flag::guest_memfd) {
    line.number("guest_memfd", slot.guest_memfd);
    line.number("guest_memfd_offset", slot.guest_memfd_offset);
  }
}

void put_slot(JsonLine& line, std::string_view name, const std::optional<Slot>& slot) {
  if (!slot) return line.null(name);
  line.open(name);
  put_slot_members(line, *slot);
  line.close();
}

void put_time(JsonLine& line, std::string_view name, std::optional<Nanos> time) {
  time ? line.number(name, *time) : line.null(name);
}

namespace {

// What all single findings begin with.
void put_finding(JsonLine& line, std::string_view name, CallSpan calls, bool uncertain) {
  line.word("finding", name);
  line.number("first_call", calls.first);
  line.number("last_call", calls.last);
  line.boolean("uncertain", uncertain);
}

}  // namespace

void put_pair_members(JsonLine& line, PairKind kind, const SlotPair& pair) {
  put_finding(line, kind == PairKind::redundant ? "redundant_pair" : "restored_pair", pair.calls,
              pair.uncertain);
  line.number("as", pair.slot.as);
  put_slot(line, "slot", pair.slot);
  put_time(line, "away_ns", pair.away);
}

void put_hole_members(JsonLine& line, const Hole& hole) {
  put_finding(line, "hole", hole.calls, hole.uncertain);
  line.number("commit", hole.commit);
  line.number("as", hole.as);
  line.hex("gpa", hole.range.begin.value);
  line.number("size", hole.range.size());
  put_time(line, "duration_ns", hole.duration);
}

}  // namespace slotscope
