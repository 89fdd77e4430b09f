#include "analyzer/format/tables/csv_columns.h"

#include <iterator>
#include <limits>

#include "analyzer/event/words.h"

namespace slotscope {
namespace {

using Out = fmt::memory_buffer;

template <class T>
void put(Out& out, T value) {
  fmt::format_to(std::back_inserter(out), "{}", value);
}

void put_hex(Out& out, uint64_t value) { fmt::format_to(std::back_inserter(out), "{:#x}", value); }

template <class Quantity>
void put_known(Out& out, Quantity quantity) {
  if (quantity.value != 0) put(out, quantity.value);
}

void put_time(Out& out, std::optional<Nanos> time) {
  if (time) put(out, time->value);
}

bool read_signed64(Cursor& cell, int64_t& value) {
  const bool negative = cell.accept("-");
  uint64_t magnitude = 0;
  if (!cell.decimal(magnitude)) return false;
  constexpr uint64_t limit = std::numeric_limits<int64_t>::max();
  if (magnitude > limit + negative) return cell.fail("a number of at most 64 bits");
  value = static_cast<int64_t>(negative ? 0 - magnitude : magnitude);
  return true;
}

bool read_time(Cursor& cell, std::optional<Nanos>& time) {
  time.emplace();
  return read_signed64(cell, time->value);
}

template <class T>
bool read_number(Cursor& cell, T& value) {
  return cell.bounded(&Cursor::number, value);
}

void put_flags(const Call& call, Out& out) {
  uint32_t rest = call.flags;
  const char* separator = "";
  for (const FlagWord& flag : flag_words) {
    if (!(rest & flag.bit)) continue;
    fmt::format_to(std::back_inserter(out), "{}{}", separator, flag.word);
    separator = "|";
    rest &= ~flag.bit;
  }
  if (call.flags == 0) return put(out, 0);
  if (rest) fmt::format_to(std::back_inserter(out), "{}{:#x}", separator, rest);
}

bool read_flags(Cursor& cell, Call& call) {
  do {
    const std::string_view word = cell.rest().substr(0, cell.rest().find('|'));
    uint32_t bits = 0;
    if (read_flag(word, bits)) {
      cell.skip(word.size());
    } else if (!read_number(cell, bits)) {
      return false;
    }
    call.flags |= bits;
  } while (cell.accept("|"));
  return true;
}

bool read_origin(Cursor& cell, Call& call) {
  if (!read_word(cell.rest(), call.origin)) return cell.fail("traced or snapshot");
  cell.skip(cell.rest().size());
  return true;
}

constexpr CsvColumn columns[] = {
    {"time_ns", [](const Call& call, Out& out) { put_time(out, call.time); },
     [](Cursor& cell, Call& call) { return read_time(cell, call.time); }},
    {"duration_ns", [](const Call& call, Out& out) { put_time(out, call.duration); },
     [](Cursor& cell, Call& call) { return read_time(cell, call.duration); }},
    {"vm", [](const Call& call, Out& out) { put(out, call.vm.value); },
     [](Cursor& cell, Call& call) { return read_number(cell, call.vm.value); }},
    {"as", [](const Call& call, Out& out) { put(out, call.as.value); },
     [](Cursor& cell, Call& call) { return read_number(cell, call.as.value); }},
    {"slot", [](const Call& call, Out& out) { put(out, call.slot.value); },
     [](Cursor& cell, Call& call) { return read_number(cell, call.slot.value); }, true},
    {"flags", put_flags, read_flags},
    {"gpa", [](const Call& call, Out& out) { put_hex(out, call.gpa.value); },
     [](Cursor& cell, Call& call) { return cell.number(call.gpa.value); }, true},
    {"size", [](const Call& call, Out& out) { put(out, call.size.value); },
     [](Cursor& cell, Call& call) { return cell.number(call.size.value); }, true},
    {"hva", [](const Call& call, Out& out) { put_hex(out, call.hva.value); },
     [](Cursor& cell, Call& call) { return cell.number(call.hva.value); }},
    {"guest_memfd",
     [](const Call& call, Out& out) {
       if (call.guest_memfd != -1) put(out, call.guest_memfd);
     },
     [](Cursor& cell, Call& call) { return cell.signed32(call.guest_memfd); }},
    {"guest_memfd_offset",
     [](const Call& call, Out& out) { put_known(out, call.guest_memfd_offset); },
     [](Cursor& cell, Call& call) { return cell.number(call.guest_memfd_offset.value); }},
    {"ret", [](const Call& call, Out& out) { put(out, call.ret); },
     [](Cursor& cell, Call& call) { return cell.signed32(call.ret); }},
    {"pid", [](const Call& call, Out& out) { put_known(out, call.pid); },
     [](Cursor& cell, Call& call) { return read_number(cell, call.pid.value); }},
    {"tid", [](const Call& call, Out& out) { put_known(out, call.tid); },
     [](Cursor& cell, Call& call) { return read_number(cell, call.tid.value); }},
    {"commit", [](const Call& call, Out& out) { put_known(out, call.commit); },
     [](Cursor& cell, Call& call) { return cell.number(call.commit.value); }},
    {"stack", [](const Call& call, Out& out) { put_known(out, call.stack); },
     [](Cursor& cell, Call& call) { return read_number(cell, call.stack.value); }},
    {"origin",
     [](const Call& call, Out& out) {
       fmt::format_to(std::back_inserter(out), "{}", word_of(call.origin));
     },
     read_origin},
};

}  // namespace

std::span<const CsvColumn> csv_columns() { return columns; }

}  // namespace slotscope
