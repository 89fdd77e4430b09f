// Alignment: what is common is found, whatever the slot numbers, host addresses and commits.
#include "analyzer/diff/diff.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <numeric>
#include <random>

#include "tests/support/calls.h"
#include "tests/support/findings.h"
#include "tests/support/sanitized.h"

using namespace slotscope;
using test::make_call;

namespace {

DiffTrace diff_trace(const std::vector<Event>& events, bool faithful = true) {
  Model model(newest_kernel(), faithful);
  DiffTraceBuilder builder;
  for (const Event& event : events) builder.add(event, model.apply(event));
  return builder.finish(model);
}

std::vector<Token> random_tokens(std::mt19937& random, size_t length, Token kinds) {
  std::vector<Token> tokens(length);
  for (Token& token : tokens) token = random() % kinds;
  return tokens;
}

// The textbook table, for comparison.
size_t longest_common(const std::vector<Token>& a, const std::vector<Token>& b) {
  std::vector<std::vector<size_t>> best(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = 0; j < b.size(); ++j) {
      best[i + 1][j + 1] = a[i] == b[j] ? best[i][j] + 1 : std::max(best[i][j + 1], best[i + 1][j]);
    }
  }
  return best[a.size()][b.size()];
}

bool is_common(const std::vector<std::pair<size_t, size_t>>& pairs, const std::vector<Token>& a,
               const std::vector<Token>& b) {
  for (size_t i = 0; i < pairs.size(); ++i) {
    const auto [x, y] = pairs[i];
    if (a[x] != b[y] || (i > 0 && (pairs[i - 1].first >= x || pairs[i - 1].second >= y))) {
      return false;
    }
  }
  return true;
}

const char* const shipped[] = {
    "notes/smm-off.log",           "notes/smm-on.log",        "qemu/7.2-pc-reset3.log",
    "qemu/11.1-pc-smm-on.log",     "qemu/7.2-isapc.log",      "qemu/7.2-q35-multi-vga.log",
    "qemu/7.2-pc-pci-hotplug.log", "qemu/7.2-q35-smm-on.log",
};

}  // namespace

TEST_CASE("the common subsequence is one, and the longest") {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    const auto a = random_tokens(random, random() % 40, 1 + random() % 8);
    const auto b = random_tokens(random, random() % 40, 1 + random() % 8);
    Effort effort;
    const auto common = common_subsequence(a, b, effort);
    CAPTURE(round);
    CHECK(common.size() == longest_common(a, b));
    CHECK(is_common(common, a, b));
    CHECK(effort.exact);
  }
}

TEST_CASE("without effort left the answer is coarser, true and said to be") {
  std::mt19937 random(3);
  for (int round = 0; round < 500; ++round) {
    const auto a = random_tokens(random, random() % 40, 1 + random() % 8);
    const auto b = random_tokens(random, random() % 40, 1 + random() % 8);
    Effort none{.steps = 0};
    const auto common = common_subsequence(a, b, none);
    CAPTURE(round);
    CHECK(is_common(common, a, b));
    CHECK((none.exact ? common.size() == longest_common(a, b) : !common.empty()));
  }
}

TEST_CASE("the same in another order costs no square of its length") {
  constexpr size_t n = test::sanitized ? 30'000 : 300'000;
  std::vector<Token> a(n);
  std::iota(a.begin(), a.end(), Token{1});
  std::vector<Token> reversed(a.rbegin(), a.rend()), permuted = a, rotated = a;
  std::shuffle(permuted.begin(), permuted.end(), std::mt19937(4));
  std::rotate(rotated.begin(), rotated.begin() + n / 2, rotated.end());
  const auto length = [&](const std::vector<Token>& b) {
    Effort effort;
    const auto common = common_subsequence(a, b, effort);
    CHECK(is_common(common, a, b));
    CHECK_FALSE(effort.exact);
    return common.size();
  };
  const std::clock_t before = std::clock();
  CHECK(length(reversed) >= 1);
  CHECK(length(permuted) > 1.5 * std::sqrt(n));  // the longest is about 2 * sqrt(n)
  CHECK(length(rotated) >= n / 4);               // at best n / 2
  // It was 20 seconds for each.
  CHECK((test::sanitized || (std::clock() - before) / CLOCKS_PER_SEC < 15));
}

TEST_CASE("a trace against itself is empty") {
  for (const char* name : shipped) {
    CAPTURE(name);
    const test::ReadTrace trace = test::read_shipped(name);
    const DiffTrace side = diff_trace(trace.events, trace.info.faithful);
    const TraceDiff result = diff(side, side);
    CHECK(result.equal());
    CHECK(result.matched == trace.calls().size());
    CHECK(result.a.runs.empty());
  }
}

TEST_CASE("a diff is symmetric") {
  for (const char* x : shipped) {
    for (const char* y : shipped) {
      CAPTURE(x, y);
      const test::ReadTrace read_x = test::read_shipped(x), read_y = test::read_shipped(y);
      const DiffTrace a = diff_trace(read_x.events, read_x.info.faithful);
      const DiffTrace b = diff_trace(read_y.events, read_y.info.faithful);
      const TraceDiff there = diff(a, b), back = diff(b, a);
      CHECK(there.a.only == back.b.only);
      CHECK(there.b.only == back.a.only);
      CHECK(there.matched == back.matched);
      CHECK(there.a.only + there.matched == a.calls.size());
      CHECK(there.final_state_equal == back.final_state_equal);
    }
  }
}

TEST_CASE("other host addresses, slot numbers, times and commits make no difference") {
  for (const char* name : shipped) {
    CAPTURE(name);
    const test::ReadTrace trace = test::read_shipped(name);
    std::vector<Event> other = trace.events;
    int64_t ms = 0;
    for (Event& event : other) {
      Call* call = std::get_if<Call>(&event);
      if (!call) continue;
      call->hva.value += 0x10000000000;
      call->slot.value = static_cast<uint16_t>(call->slot.value + 100);
      call->time = Nanos{1'000'000 * (ms += ms % 7 == 0 ? 150 : 1)};
      call->commit = {};
    }
    const TraceDiff result =
        diff(diff_trace(trace.events, trace.info.faithful), diff_trace(other, trace.info.faithful));
    CHECK(result.equal());
  }
}

TEST_CASE("the notes: smm=on does all that smm=off does, and 60 calls more") {
  const test::ReadTrace off = test::read_shipped("notes/smm-off.log");
  const test::ReadTrace on = test::read_shipped("notes/smm-on.log");
  const TraceDiff result = diff(diff_trace(off.events, false), diff_trace(on.events, false));
  CHECK(result.matched == 52);
  CHECK(result.a.only == 0);
  CHECK(result.b.only == 60);
  CHECK(result.b.only_mirrors == 44);
  CHECK_FALSE(result.final_state_equal);
  REQUIRE(result.spaces.size() == 2);
  CHECK(result.spaces[0].only_b == 6);
  CHECK(result.spaces[1].only_b == 54);
  REQUIRE(result.final_spaces.size() == 2);
  CHECK(result.final_spaces[0].equal());
  CHECK_FALSE(result.final_spaces[1].in_a);
}

TEST_CASE("one call more, less or different is told as such") {
  const auto map = [](uint16_t slot, uint64_t page, uint64_t hva_page) -> Event {
    return make_call({.slot = slot, .gpa = page << 12, .size = 4096, .hva = hva_page << 12});
  };
  const std::vector<Event> base = {map(0, 0, 100), map(1, 1, 200), map(2, 2, 300)};
  std::vector<Event> less = {base[0], base[2]};
  std::vector<Event> other = {base[0], map(1, 9, 200), base[2]};
  const DiffTrace a = diff_trace(base);
  const TraceDiff shorter = diff(a, diff_trace(less)), changed = diff(a, diff_trace(other));
  CHECK(shorter.a.only == 1);
  CHECK(shorter.b.only == 0);
  REQUIRE(shorter.a.runs.size() == 1);
  CHECK(shorter.a.runs[0].calls == CallSpan{{2}, {2}});
  CHECK(changed.a.only == 1);
  CHECK(changed.b.only == 1);
}

TEST_CASE("memory is the same wherever a trace begins to show it, and in how many parts") {
  const auto map = [](uint16_t slot, uint64_t page, uint64_t pages, uint64_t hva_page) -> Event {
    return make_call({.slot = slot, .gpa = page << 12, .size = pages << 12, .hva = hva_page << 12});
  };
  const auto del = [](uint16_t slot) -> Event { return make_call({.slot = slot}); };
  // RAM (at 100) and a ROM (at 500), seen first from its end, and never as a whole.
  const std::vector<Event> parts = {map(0, 0, 4, 100), map(1, 8, 4, 108), map(2, 30, 2, 506),
                                    map(3, 20, 2, 500)};
  // The same elsewhere: whole slots first, which make one block each.
  const std::vector<Event> whole = {map(5, 50, 12, 9100), del(5),
                                    map(5, 40, 8, 8500),  del(5),
                                    map(0, 0, 4, 9100),   map(1, 8, 4, 9108),
                                    map(2, 30, 2, 8506),  map(3, 20, 2, 8500)};
  const TraceDiff result = diff(diff_trace(parts), diff_trace(whole));
  CHECK(result.matched == 4);
  CHECK(result.a.only == 0);
  CHECK(result.b.only == 4);
  CHECK(result.final_state_equal);
}

TEST_CASE("other memory at the same guest addresses is no match") {
  const auto map = [](uint16_t slot, uint64_t page, uint64_t hva_page) -> Event {
    return make_call({.slot = slot, .gpa = page << 12, .size = 4096, .hva = hva_page << 12});
  };
  const std::vector<Event> a = {map(0, 0, 100), map(1, 1, 101), map(2, 2, 102)};
  SECTION("a page from elsewhere in the block") {
    const TraceDiff result =
        diff(diff_trace(a), diff_trace({map(0, 0, 200), map(1, 1, 209), map(2, 2, 202)}));
    // Nothing shows that pages which never share a slot are of one block.
    CHECK(result.matched == 3);
  }
  SECTION("one page twice, where the other has two") {
    const TraceDiff result =
        diff(diff_trace(a), diff_trace({map(0, 0, 200), map(1, 1, 200), map(2, 2, 202)}));
    CHECK(result.matched == 2);
    CHECK_FALSE(result.final_state_equal);
  }
}

TEST_CASE("what only one side has is counted by kind, with how sure its cause is") {
  using enum UpdateKind;
  DiffTrace a;
  for (const UpdateKind kind : {create, del, flags, move, no_change, rejected, rejected}) {
    DiffCall call;
    call.guest = a.calls.size();
    call.call = CallNumber{a.calls.size() + 1};
    call.kind = kind;
    call.cause = CauseKind::hotplug;
    call.confidence = kind == create ? Confidence::low : Confidence::medium;
    call.commit = CommitId{kind == create ? uint64_t{1} : uint64_t{2}};
    a.calls.push_back(call);
  }
  const TraceDiff result = diff(a, {});
  REQUIRE(result.a.runs.size() == 2);
  CHECK(result.a.runs[0].confidence == Confidence::low);
  CHECK(result.a.runs[0].updates.create == 1);
  CHECK(result.a.runs[1].confidence == Confidence::medium);
  const UpdateCounts& updates = result.a.runs[1].updates;
  CHECK(updates.del == 1);
  CHECK(updates.flags == 1);
  CHECK(updates.move == 1);
  CHECK(updates.no_change == 1);
  CHECK(updates.rejected == 2);
  REQUIRE(result.causes.size() == 1);
  CHECK(result.causes[0].doubtful_a == 1);
  CHECK(result.causes[0].a == 7);
}

TEST_CASE("a VM of one trace is compared with another one of the other") {
  std::vector<Event> first, second;
  for (uint64_t i = 0; i < 3; ++i) {
    Call call = make_call({.slot = static_cast<uint16_t>(i), .gpa = i << 20, .size = 4096});
    first.push_back(call);
    call.vm = VmId{2};
    second.push_back(call);
  }
  const DiffTrace a = diff_trace(first);
  DiffTrace b = diff_trace(second);
  CHECK(diff(a, b).matched == 0);
  DiffTraceBuilder::call_it(VmId{1}, b);
  CHECK(diff(a, b).equal());
  CHECK(b.only == VmId{2});
}

TEST_CASE("a million tokens that differ in one of a hundred") {
  std::mt19937 random(2);
  const auto a = random_tokens(random, 1'000'000, 50);
  std::vector<Token> b = a;
  for (size_t i = 0; i < b.size(); ++i) {
    if (random() % 100 == 0) b[i] = 50 + random() % 50;
  }
  Effort effort;
  const auto common = common_subsequence(a, b, effort);
  CHECK(common.size() > 985'000);
}
