#include "analyzer/render/text/shape_text.h"

#include <fmt/ostream.h>

#include <algorithm>

#include "analyzer/render/text/units_text.h"
#include "analyzer/render/text/wrapped_text.h"

namespace slotscope {
namespace {

constexpr size_t most_shape_lines = 8;  // of a kind

// "2, 4-8": in the order of the addresses, ids that ascend by one as a range.
std::string ids_text(const std::vector<SlotId>& slots) {
  std::string text;
  for (size_t first = 0; first < slots.size();) {
    size_t last = first;
    while (last + 1 < slots.size() && slots[last + 1].value == slots[last].value + 1) ++last;
    const bool pair = last == first + 1;
    if (pair) last = first;
    text += text.empty() ? "" : ", ";
    text += std::to_string(slots[first].value);
    if (last > first) text += fmt::format("-{}", slots[last].value);
    first = last + 1;
  }
  return text;
}

std::string piece_text(const SlotPiece& piece) {
  return fmt::format(
      "slots {}: one slot would do{}", ids_text(piece.slots),
      piece.equal_blocks ? "; blocks of one size may be wanted (virtio-mem, hv-balloon)" : "");
}

std::string misaligned_text(const Slot& slot) {
  return fmt::format("slot {}: no huge pages, because gpa and hva differ modulo 2 MiB",
                     slot.id.value);
}

std::string alias_text(const SlotAlias& alias) {
  return fmt::format("slots {} and {} show the same {} of {}", alias.low.id.value,
                     alias.high.id.value, size_text(alias.size),
                     alias.memfd ? "a guest_memfd" : "host memory");
}

std::string vhost_limit_text(uint64_t regions) {
  const uint64_t limit = vhost_limit_passed(regions);
  return fmt::format("joined, writable and unlogged: more than the {} that {}", limit,
                     limit == 64 ? "vhost in the kernel takes" : "some vhost-user backends take");
}

template <class Items, class TextOf>
void print_lines(std::ostream& out, const Items& items, TextOf text_of, const Style& style) {
  const size_t shown = items.size() <= most_shape_lines ? items.size() : most_shape_lines - 1;
  for (size_t i = 0; i < shown; ++i) {
    fmt::print(out, "{}\n", style.dim(wrapped_text(text_of(items[i]), 2, style.width)));
  }
  if (shown < items.size()) {
    fmt::print(out, "{}\n", style.dim(fmt::format("  and {} more", items.size() - shown)));
  }
}

}  // namespace

void print_shape(std::ostream& out, const SpaceShape& shape, const Style& style) {
  print_lines(out, shape.pieces, piece_text, style);
  if (shape.slots_needed < shape.slots) {
    const uint64_t cuts = shape.slots - shape.slots_needed;
    fmt::print(out, "  {}: {} would do for the {}\n",
               count_text(cuts, "needless cut", "needless cuts"),
               count_text(shape.slots_needed, "slot", "slots"), shape.slots);
  }
  print_lines(out, shape.misaligned, misaligned_text, style);
  print_lines(out, shape.aliases, alias_text, style);
  if (shape.as == AsId{0} && vhost_limit_passed(shape.vhost_regions) > 0) {
    const std::string line = fmt::format("{} regions for vhost, {}", shape.vhost_regions,
                                         vhost_limit_text(shape.vhost_regions));
    fmt::print(out, "{}\n", wrapped_text(line, 2, style.width));
  }
}

void add_shapes(Table& table, std::span<const SpaceShape> shapes) {
  const ShapeTotals totals = totals_of(shapes);
  if (const Slot* largest = totals.largest_misaligned) {
    table.row({"misaligned slots", std::to_string(totals.misaligned),
               fmt::format("{} at {} in address space {}: no huge pages, gpa and hva differ",
                           size_text(largest->size), address_text(largest->gpa.value),
                           largest->as.value)});
  }
  if (const SlotAlias* alias = totals.first_alias) {
    table.row({"aliases", std::to_string(totals.aliases),
               fmt::format("slots at {} and {} in address space {}: the same {}",
                           address_text(alias->low.gpa.value), address_text(alias->high.gpa.value),
                           alias->low.as.value, size_text(alias->size))});
  }
  for (const SpaceShape& shape : shapes) {
    if (shape.as != AsId{0} || vhost_limit_passed(shape.vhost_regions) == 0) continue;
    table.row({"vhost regions", std::to_string(shape.vhost_regions),
               vhost_limit_text(shape.vhost_regions)});
  }
}

}  // namespace slotscope
