// Calls that come again take a short way; what they do is the same as on the long one.
#include "analyzer/model/transition_memo.h"

#include <cerrno>
#include <map>
#include <random>
#include <tuple>

#include "analyzer/model/vm_state.h"
#include "tests/support/calls.h"
#include "tests/support/catch.h"

using namespace slotscope;
using test::make_call;

namespace {

constexpr uint64_t page = 0x1000;

// A few calls about a few slots, so that they meet, contradict and repeat each other.
Call random_call(std::mt19937& dice) {
  const auto one_of = [&](uint32_t n) { return static_cast<uint32_t>(dice() % n); };
  const uint64_t first = one_of(6);
  Call call = make_call({.as = static_cast<uint16_t>(one_of(2)),
                         .slot = static_cast<uint16_t>(one_of(4)),
                         .flags = one_of(4),
                         .gpa = first * page,
                         .size = one_of(3) == 0 ? 0 : (1 + one_of(3)) * page,
                         .hva = 0x7f0000000000 + first * page});
  if (one_of(8) == 0) call.ret = one_of(2) ? -EINVAL : -EEXIST;
  return call;
}

auto fields(const Call& call) {
  return std::tuple(call.as, call.slot, call.flags, call.gpa, call.size, call.hva, call.ret);
}

bool same(const std::optional<Slot>& a, const std::optional<Slot>& b) {
  return a.has_value() == b.has_value() && (!a || *a == *b);
}

}  // namespace

TEST_CASE("a repeated call does what it would do anew") {
  for (uint32_t seed = 0; seed < 40; ++seed) {
    std::mt19937 dice(seed);
    const bool faithful = seed % 2;
    VmState hinted(VmId{1}, newest_kernel(), faithful), plain(VmId{1}, newest_kernel(), faithful);
    std::map<decltype(fields(Call{})), uint32_t> numbers;
    uint64_t remembered = 0;
    for (int i = 0; i < 3000; ++i) {
      if (dice() % 1000 == 0) {
        hinted.lost_events();
        plain.lost_events();
      }
      Call call = random_call(dice);
      const Update expected = plain.apply(call);
      call.payload.id.value =
          numbers.emplace(fields(call), static_cast<uint32_t>(numbers.size()) + 1).first->second;
      const Transition& made = hinted.transition_of(call);
      const Update& update = made.update;
      remembered += hinted.is_remembered(made);
      CAPTURE(seed, i);
      REQUIRE(update.kind == expected.kind);
      REQUIRE(update.verdict == expected.verdict);
      REQUIRE(update.implicit_delete == expected.implicit_delete);
      REQUIRE(update.predicted == expected.predicted);
      REQUIRE(same(update.before, expected.before));
      REQUIRE(same(update.after, expected.after));
      REQUIRE(hinted.latest().slots.count() == plain.latest().slots.count());
      REQUIRE(hinted.latest().slots.mapped() == plain.latest().slots.mapped());
      REQUIRE(hinted.latest().metadata == plain.latest().metadata);
    }
    CHECK(remembered > 300);
  }
}

TEST_CASE("what was kept stays valid while somebody holds it") {
  TransitionMemo memo;
  const std::shared_ptr<TransitionMemo::Kept> held = memo.kept();
  Transition create;
  create.update.kind = UpdateKind::create;
  create.update.after = Slot::from(make_call({.gpa = page, .size = page}));
  const Transition* first = memo.keep(PayloadId{1}, create);
  CHECK(memo.find(PayloadId{1}, nullptr) == first);
  CHECK(memo.find(PayloadId{2}, nullptr) == nullptr);
  CHECK(memo.find(PayloadId{1}, &*create.update.after) == nullptr);
  uint32_t number = 1;
  while (memo.kept() == held) memo.keep(PayloadId{++number}, create);
  CHECK(number > 4000);
  CHECK(memo.find(PayloadId{1}, nullptr) == nullptr);
  CHECK(first->update.after->gpa == Gpa{page});
  CHECK(memo.find(PayloadId{number}, nullptr) != nullptr);
}
