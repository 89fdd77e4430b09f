#include "tests/kvm/conformance_generator.h"

namespace slotscope::conformance {
namespace {

constexpr uint64_t host_base = 0x7e0000000000;
constexpr uint64_t arena_pages = 40;
constexpr uint64_t last_page = ~uint64_t{0} - page + 1;

constexpr uint64_t bit(int n) { return uint64_t{1} << n; }

// Around the limits that a field has in any kernel. KVM allocates by a slot's size, so sizes are
// either small or far beyond what it refuses before it allocates (2^31 - 1 pages).
constexpr uint64_t edge_gpas[] = {0,
                                  1,
                                  page / 2,
                                  page,
                                  bit(32) - page,
                                  bit(32),
                                  bit(36),
                                  bit(40) - page,
                                  bit(47),
                                  bit(48) - page,
                                  bit(48),
                                  bit(52),
                                  bit(52) - page,
                                  bit(52) + page,
                                  bit(63) - page,
                                  bit(63),
                                  ~0ull,
                                  last_page,
                                  last_page - page};
constexpr uint64_t edge_sizes[] = {0,        0,       1,       page / 2, page,      page + 1,
                                   2 * page, bit(46), bit(52), bit(63),  last_page, ~uint64_t{0}};
constexpr uint64_t edge_hvas[] = {0,
                                  1,
                                  page,
                                  page / 2,
                                  bit(47) - 3 * page,
                                  bit(47) - 2 * page,
                                  bit(47) - page,
                                  bit(47),
                                  bit(48),
                                  bit(56) - page,
                                  bit(56),
                                  bit(63) - page,
                                  bit(63),
                                  last_page,
                                  ~0ull};
constexpr uint32_t edge_flags[] = {0, 1, 2,        3,        4,        5,        6,
                                   7, 8, 1u << 15, 1u << 16, 1u << 17, 1u << 31, ~0u};
constexpr uint64_t edge_offsets[] = {
    0, 1, page, memfd_size.value - page, memfd_size.value, bit(63), last_page, ~0ull};
constexpr uint16_t edge_spaces[] = {0, 1, 1, 2, 3, 0x7fff, 0xffff};
constexpr Memfd memfds[] = {Memfd::own,     Memfd::own,        Memfd::own,   Memfd::second,
                            Memfd::foreign, Memfd::other_file, Memfd::closed};

}  // namespace

void Generator::begin_vm() {
  const uint16_t limit = static_cast<uint16_t>(host_.kernel.user_slots);
  ids_.clear();
  for (uint64_t n = 3 + below(12); n > 0; --n) ids_.push_back(static_cast<uint16_t>(below(24)));
  ids_.push_back(static_cast<uint16_t>(limit - 1));
  ids_.push_back(static_cast<uint16_t>(below(limit)));
  const uint64_t highest = host_.gpa_end.value > bit(63) ? bit(63) : host_.gpa_end.value;
  const uint64_t places[] = {0,
                             0,
                             0xc0000,
                             bit(32) - 16 * page,
                             0xfee00000 - 8 * page,
                             bit(32),
                             bit(40),
                             highest - 24 * page};
  bases_.clear();
  for (uint64_t n = 1 + below(3); n > 0; --n) bases_.push_back(any_of(places));
}

Gpa Generator::some_gpa() { return {any_of(bases_) + below(arena_pages) * page}; }

Hva Generator::some_hva() { return {host_base + below(64) * page}; }

Bytes Generator::some_size() {
  if (chance(1)) return {bit(static_cast<int>(below(10))) * (bit(21) / page) * page};
  return {(1 + below(chance(70) ? 3 : 12)) * page};
}

AsId Generator::some_space() { return {static_cast<uint16_t>(below(host_.kernel.address_spaces))}; }

Attempt Generator::create() {
  Attempt attempt;
  attempt.call.as = some_space();
  attempt.call.slot = SlotId{any_of(ids_)};
  attempt.call.gpa = some_gpa();
  attempt.call.size = some_size();
  attempt.call.hva = some_hva();
  attempt.call.flags = chance(50) ? 0 : static_cast<uint32_t>(below(4));
  if (chance(host_.guest_memfd ? 15 : 2)) use_memfd(attempt);
  return attempt;
}

void Generator::use_memfd(Attempt& attempt) {
  attempt.region2 = true;
  attempt.call.flags = slot_flag::guest_memfd;
  attempt.memfd = any_of(memfds);
  attempt.call.guest_memfd_offset = Bytes{below(memfd_size.value / page + 2) * page};
}

Attempt Generator::of_live(const Slot& slot) {
  Attempt attempt;
  Call& call = attempt.call;
  call.as = slot.as;
  call.slot = slot.id;
  call.gpa = slot.gpa;
  call.size = slot.size;
  call.hva = slot.hva;
  call.flags = slot.flags;
  call.guest_memfd_offset = slot.guest_memfd_offset;
  attempt.memfd = Memfd::own;
  attempt.region2 = slot.flags & slot_flag::guest_memfd;
  const uint64_t what = below(100);
  if (what < 35) {  // a delete, with the slot's fields or with others: only their form counts
    call.size = Bytes{0};
    if (chance(50)) call.gpa = some_gpa();
    if (chance(50)) call.hva = chance(50) ? Hva{0} : some_hva();
    if (chance(50)) call.flags = static_cast<uint32_t>(below(4));
  } else if (what < 58) {  // a move, at times into its own range or another address space
    call.gpa = chance(70) ? some_gpa() : call.gpa + Bytes{page};
    if (chance(20)) call.flags ^= slot_flag::log_dirty;
    if (chance(5)) call.as = some_space();
  } else if (what < 80) {
    call.flags ^= slot_flag::log_dirty;
  } else if (what < 86) {
    // Nothing changes.
  } else if (what < 90) {
    call.flags ^= slot_flag::readonly;
  } else if (what < 94) {
    call.size = some_size();
  } else if (what < 98) {
    call.hva = some_hva();
  } else {
    call.flags ^= slot_flag::guest_memfd;
    attempt.region2 = true;
  }
  return attempt;
}

void Generator::break_a_field(Attempt& attempt) {
  Call& call = attempt.call;
  const auto limit = static_cast<uint16_t>(host_.kernel.user_slots);
  const uint16_t slots[] = {limit,
                            static_cast<uint16_t>(limit - 1),
                            static_cast<uint16_t>(limit + 1),
                            508,
                            509,
                            512,
                            0x7fff,
                            0x8000,
                            0xffff};
  switch (below(8)) {
    case 0:
      call.as = AsId{any_of(edge_spaces)};
      break;
    case 1:
      call.slot = SlotId{any_of(slots)};
      break;
    case 2:
      call.flags = chance(80) ? any_of(edge_flags) : static_cast<uint32_t>(below(bit(32)));
      break;
    case 3:
      call.gpa.value = chance(70) ? any_of(edge_gpas) : host_.gpa_end.value - below(4) * page;
      break;
    case 4:
      call.size.value = any_of(edge_sizes);
      break;
    case 5:
      call.hva.value = chance(70) ? any_of(edge_hvas) : host_.hva_end.value - below(4) * page;
      break;
    case 6:
      call.guest_memfd_offset.value = any_of(edge_offsets);
      break;
    default:
      attempt.region2 = !attempt.region2;
      attempt.memfd = any_of(memfds);
  }
}

Attempt Generator::next(const std::vector<Slot>& live) {
  Attempt attempt =
      !live.empty() && chance(live.size() > 24 ? 80 : 55) ? of_live(any_of(live)) : create();
  // A kernel without it answers ENOTTY to all of them.
  if (chance(host_.region2 ? 25 : 2)) attempt.region2 = true;
  for (uint64_t n = chance(15) ? 1 + below(2) : 0; n > 0; --n) break_a_field(attempt);
  return attempt;
}

}  // namespace slotscope::conformance
