#include "analyzer/format/qemu/known_calls.h"

#include <fmt/format.h>

#include <random>
#include <set>

#include "tests/support/catch.h"

using namespace slotscope;

namespace {

Call call_of(uint64_t gpa) {
  Call call;
  call.gpa = {gpa};
  return call;
}

std::string text_of(uint64_t gpa) { return fmt::format("gpa=0x{:x}", gpa); }

}  // namespace

TEST_CASE("a text is known once it was learnt, and only it") {
  KnownCalls known;
  CHECK(known.find("gpa=0x1") == nullptr);
  Call call = call_of(1);
  known.learn("gpa=0x1", call);
  CHECK(call.payload.id.value == 1);
  REQUIRE(known.find("gpa=0x1"));
  CHECK(known.find("gpa=0x1")->gpa == Gpa{1});
  CHECK(known.find("gpa=0x1")->payload.id.value == 1);
  CHECK(known.find("gpa=0x") == nullptr);
  CHECK(known.find("gpa=0x11") == nullptr);
}

TEST_CASE("every answer is what its text says, in any order and beyond what is kept") {
  std::mt19937_64 dice(1);
  for (const uint64_t different : {3, 300, 40000}) {
    KnownCalls known;
    uint64_t found = 0;
    std::set<uint32_t> numbers;
    for (int i = 0; i < 200000; ++i) {
      const uint64_t gpa = dice() % different;
      if (const Call* call = known.find(text_of(gpa))) {
        ++found;
        REQUIRE(call->gpa == Gpa{gpa});
        continue;
      }
      Call call = call_of(gpa);
      known.learn(text_of(gpa), call);
      // A number stands for one text for ever; 0 for one that was not learnt.
      const bool fresh = call.payload.id.value == 0 || numbers.insert(call.payload.id.value).second;
      REQUIRE(fresh);
    }
    CHECK(found > 0);
  }
}

TEST_CASE("a trace that never repeats is not remembered") {
  KnownCalls known;
  uint64_t learnt = 0;
  for (uint64_t i = 0; i < 200000; ++i) {
    const std::string text = text_of(i);
    REQUIRE(known.find(text) == nullptr);
    Call call = call_of(i);
    known.learn(text, call);
    learnt += call.payload.id.value != 0;
  }
  CHECK(learnt > 0);
  CHECK(learnt < 50000);
}
