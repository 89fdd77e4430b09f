#include "analyzer/views/commit_log.h"

#include <vector>

#include "tests/support/calls.h"
#include "tests/support/catch.h"

using namespace slotscope;
using test::CallFields;

namespace {

constexpr int64_t ms = 1'000'000;

// What a live capture shows, and when.
class Shown {
 public:
  void call(int64_t at, const CallFields& fields, int64_t duration = 0) {
    Call call = test::make_call(fields);
    call.time = Nanos{at};
    call.duration = Nanos{duration};
    const Event event = call;
    log.add(event, model.apply(event));
  }

  std::vector<bool> caused;  // for each call that was shown: with its commit's cause
  Model model{newest_kernel(), true};
  CommitLog log{[this](const LogItem& item) { caused.push_back(item.cause.has_value()); }};
};

constexpr CallFields low{.slot = 1, .gpa = 0x1000, .size = 0x1000};
constexpr CallFields high{.slot = 2, .gpa = 0x4000, .size = 0x1000};
constexpr CallFields no_high{.slot = 2, .gpa = 0x4000};

}  // namespace

TEST_CASE("a commit is shown with its cause once no call can come to it") {
  Shown shown;
  shown.call(10 * ms, low);
  shown.call(11 * ms, high);
  shown.log.settle(Nanos{300 * ms});
  CHECK(shown.caused.empty());
  shown.log.settle(Nanos{311 * ms});
  CHECK(shown.caused == std::vector{true, true});
  shown.call(500 * ms, no_high);
  shown.log.finish();
  CHECK(shown.caused == std::vector{true, true, true});
}

TEST_CASE("a call that comes to a commit whose cause was told is shown without one") {
  Shown shown;
  shown.call(10 * ms, low);
  shown.log.settle(Nanos{400 * ms});
  CHECK(shown.caused == std::vector{true});
  shown.call(500 * ms, high, 490 * ms);  // inside the kernel all the time
  shown.call(900 * ms, no_high);
  shown.log.finish();
  CHECK(shown.caused == std::vector{true, false, true});
}

TEST_CASE("a commit's first call tells what the commit did, a create what it puts back") {
  std::vector<LogItem> items;
  Model model{newest_kernel(), true};
  CommitLog log{[&](const LogItem& item) { items.push_back(item); }};
  const auto call = [&](const CallFields& fields) {
    const Event event = test::make_call(fields);
    log.add(event, model.apply(event));
  };
  call({.slot = 1, .gpa = 0x1000, .size = 0x3000, .hva = 0x100000});
  call({.slot = 1, .gpa = 0x1000});
  call({.slot = 1, .gpa = 0x1000, .size = 0x1000, .hva = 0x100000});
  call({.slot = 2, .gpa = 0x3000, .size = 0x1000, .hva = 0x102000});
  call({.slot = 2, .gpa = 0x3000});
  call({.slot = 2, .gpa = 0x3000, .size = 0x1000, .hva = 0x102000});
  log.finish();

  REQUIRE(items.size() == 6);
  REQUIRE(items[1].effect);
  const CommitSummary& effect = *items[1].effect;
  CHECK(effect.translation.changed == Bytes{0x1000});
  CHECK(effect.translation.collateral == Bytes{0x2000});
  REQUIRE(effect.holes.size() == 2);
  CHECK(effect.holes[1].calls.last == CallNumber{4});
  CHECK_FALSE(items[2].effect);
  CHECK_FALSE(items[2].puts_back);
  REQUIRE(items[5].puts_back);
  CHECK(items[5].puts_back->kind == PairKind::redundant);
  CHECK(items[5].puts_back->pair.calls == CallSpan{CallNumber{5}, CallNumber{6}});
}
