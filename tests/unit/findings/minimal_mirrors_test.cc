// The fewest calls per commit, and what address space 1 repeats.
#include "analyzer/rewrite/slot_steps.h"
#include "tests/support/calls.h"
#include "tests/support/findings.h"

using namespace slotscope;
using test::in_commits;
using test::make_call;

namespace {

constexpr uint64_t page = 0x1000;

Call map(uint16_t as, uint16_t slot, uint64_t first, uint64_t pages, uint64_t hva,
         uint32_t flags = 0) {
  return make_call({.as = as,
                    .slot = slot,
                    .flags = flags,
                    .gpa = first * page,
                    .size = pages * page,
                    .hva = hva * page});
}
Call del(uint16_t as, uint16_t slot) { return make_call({.as = as, .slot = slot}); }

struct Case {
  const char* what;
  std::vector<std::vector<Call>> commits;
  uint64_t expected;
};

}  // namespace

TEST_CASE("minimal calls") {
  const Case cases[] = {
      {"nothing to save", {{map(0, 0, 0, 8, 0)}, {del(0, 0), map(0, 0, 0, 4, 0)}}, 3},
      {"the same slot deleted and created",
       {{map(0, 0, 0, 8, 0)}, {del(0, 0), map(0, 0, 0, 8, 0)}},
       1},
      {"log_dirty needs one call in place",
       {{map(0, 0, 0, 8, 0)}, {del(0, 0), map(0, 0, 0, 8, 0, slot_flag::log_dirty)}},
       2},
      {"READONLY can't change in place",
       {{map(0, 0, 0, 8, 0)}, {del(0, 0), map(0, 0, 0, 8, 0, slot_flag::readonly)}},
       3},
      {"a move is one call", {{map(0, 0, 0, 8, 0)}, {del(0, 0), map(0, 0, 16, 8, 0)}}, 2},
      {"a move with another size is none",
       {{map(0, 0, 0, 8, 0)}, {del(0, 0), map(0, 0, 16, 7, 0)}},
       3},
      {"a move from one address space to the other is none",
       {{map(0, 0, 0, 8, 0)}, {del(0, 0), map(1, 0, 16, 8, 0)}},
       3},
      {"flags there and back again",
       {{map(0, 0, 0, 8, 0)}, {map(0, 0, 0, 8, 0, slot_flag::log_dirty), map(0, 0, 0, 8, 0)}},
       1},
      {"a move that also switches log_dirty",
       {{map(0, 0, 0, 8, 0)}, {del(0, 0), map(0, 0, 100, 8, 0, slot_flag::log_dirty)}},
       2},
      {"two slots of the same memory both move",
       {{map(0, 0, 0, 8, 0), map(0, 1, 8, 8, 0)},
        {del(0, 0), del(0, 1), map(0, 0, 100, 8, 0), map(0, 1, 200, 8, 0)}},
       4},
  };
  for (const Case& one : cases) {
    CAPTURE(one.what);
    CHECK(test::findings_of(in_commits(one.commits)).minimal.per_commit == one.expected);
  }
}

TEST_CASE("a guest_memfd slot can only be deleted") {
  Slot slot = Slot::from(map(0, 0, 0, 1, 0, slot_flag::guest_memfd));
  Slot logged = slot;
  logged.flags |= slot_flag::log_dirty;
  Slot moved = slot;
  moved.gpa = Gpa{page};
  CHECK_FALSE(one_call_apart(slot, logged));
  CHECK_FALSE(one_call_apart(slot, moved));
}

TEST_CASE("the floor is the slots of the end") {
  const VmFindings findings =
      test::findings_of(in_commits({{map(0, 0, 0, 8, 0), map(1, 0, 0, 8, 0)},
                                    {del(0, 0)},
                                    {map(0, 0, 0, 4, 0)},
                                    {map(0, 1, 8, 4, 8)}}));
  CHECK(findings.minimal.floor == 3);
}

TEST_CASE("mirrors") {
  const Case cases[] = {
      {"a create and its copy", {{map(0, 0, 0, 8, 0), map(1, 3, 0, 8, 0)}}, 1},
      {"in another commit", {{map(0, 0, 0, 8, 0)}, {map(1, 3, 0, 8, 0)}}, 0},
      {"other memory", {{map(0, 0, 0, 8, 0), map(1, 3, 0, 8, 5)}}, 0},
      {"another size", {{map(0, 0, 0, 8, 0), map(1, 3, 0, 7, 0)}}, 0},
      {"one address space alone", {{map(1, 0, 0, 8, 0), map(1, 1, 8, 8, 8)}}, 0},
      {"deletes match deletes",
       {{map(0, 0, 0, 8, 0), map(1, 0, 0, 8, 0)}, {del(0, 0), del(1, 0)}},
       2},
      {"one to one: a second copy is no mirror",
       {{map(0, 0, 0, 8, 0)},
        {del(0, 0), map(0, 0, 16, 8, 0), map(1, 0, 16, 8, 0), map(1, 1, 32, 8, 0)}},
       1},
  };
  for (const Case& one : cases) {
    CAPTURE(one.what);
    CHECK(test::findings_of(in_commits(one.commits)).mirrors.count == one.expected);
  }
}
