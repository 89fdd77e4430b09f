// One case for each rule by which a commit is inferred (DESIGN, section 6).
#include "analyzer/model/commit_tracker.h"

#include <cerrno>
#include <vector>

#include "analyzer/model/vm_state.h"
#include "tests/support/calls.h"
#include "tests/support/catch.h"

using namespace slotscope;
using test::make_call;

namespace {

constexpr uint64_t page = 0x1000;

std::vector<uint64_t> commits_of(const std::vector<Call>& calls) {
  VmState vm(VmId{1}, newest_kernel(), true);
  CommitTracker tracker;
  std::vector<uint64_t> commits;
  for (const Call& call : calls) commits.push_back(tracker.add(call, vm.transition_of(call)).value);
  return commits;
}

Call create(uint16_t slot, uint64_t gpa, uint16_t as = 0) {
  return make_call({.as = as, .slot = slot, .gpa = gpa, .size = page, .hva = 0x7f0000000000 + gpa});
}
Call del(uint16_t slot, uint64_t gpa = 0, uint16_t as = 0) {
  return make_call({.as = as, .slot = slot, .gpa = gpa, .size = 0});
}
Call at(Call call, int64_t ms, int64_t took_ms = -1) {
  call.time = Nanos{ms * 1'000'000};
  if (took_ms >= 0) call.duration = Nanos{took_ms * 1'000'000};
  return call;
}
Call by(Call call, uint32_t tid) {
  call.tid = Tid{tid};
  return call;
}

using Commits = std::vector<uint64_t>;

}  // namespace

TEST_CASE("deletes upwards, then creates upwards, are one commit") {
  CHECK(commits_of({create(0, 0), create(1, page), del(0), del(1), create(2, 2 * page),
                    create(3, 4 * page)}) == Commits{1, 1, 2, 2, 2, 2});
}

TEST_CASE("(a) a delete after a create of the same address space") {
  CHECK(commits_of({create(0, 0), create(0, 0, 1), del(0, 0, 1)}) == Commits{1, 1, 2});
}

TEST_CASE("(b) a lower address space") {
  CHECK(commits_of({create(0, 0, 1), create(0, 0)}) == Commits{1, 2});
}

TEST_CASE("(c) the identical slot comes back") {
  CHECK(commits_of({create(0, 0), del(0), create(0, 0)}) == Commits{1, 2, 3});
  // Another size in the same place is what a commit does.
  CHECK(commits_of({create(0, 0), del(0), make_call({.gpa = 0, .size = 2 * page})}) ==
        Commits{1, 2, 2});
}

TEST_CASE("(d) below the last call of its own sweep") {
  CHECK(commits_of({create(0, 4 * page), create(1, 0)}) == Commits{1, 2});
  CHECK(commits_of({create(0, 0), create(1, page), del(1), del(0)}) == Commits{1, 1, 2, 3});
  // A delete counts where its slot was, whatever gpa it passes.
  CHECK(commits_of({create(0, page), create(1, 4 * page), del(0, 0), del(1, 0)}) ==
        Commits{1, 1, 2, 2});
  // Sweeps are per address space.
  CHECK(commits_of({create(0, 4 * page), create(0, 0, 1)}) == Commits{1, 1});
}

TEST_CASE("(e) another thread") {
  CHECK(commits_of({by(create(0, 0), 7), by(create(1, page), 8)}) == Commits{1, 2});
}

TEST_CASE("(f) a pause of more than 100 ms, from end to start") {
  CHECK(commits_of({at(create(0, 0), 0), at(create(1, page), 100)}) == Commits{1, 1});
  CHECK(commits_of({at(create(0, 0), 0), at(create(1, page), 101)}) == Commits{1, 2});
  CHECK(commits_of({at(create(0, 0), 0, 0), at(create(1, page), 150, 60)}) == Commits{1, 1});
}

TEST_CASE("no_change and rejected calls begin nothing") {
  CHECK(commits_of({create(1, page), create(1, page), create(2, 2 * page)}) == Commits{1, 1, 1});
  Call refused = create(3, 0);
  refused.ret = -ENOMEM;
  CHECK(commits_of({create(1, page), refused, create(2, 2 * page)}) == Commits{1, 1, 1});
}

TEST_CASE("what the trace marks wins, and a part of a trace that is not marked is told") {
  VmState vm(VmId{1}, newest_kernel(), true);
  CommitTracker tracker;
  const auto add = [&](Call call, uint64_t mark) {
    call.commit = CommitId{mark};
    return tracker.add(call, vm.transition_of(call)).value;
  };
  CHECK(add(create(0, 0), 40) == 1);
  CHECK(add(del(0), 40) == 1);
  CHECK(add(create(0, 0), 40) == 1);
  CHECK(add(create(1, page), 41) == 2);
  CHECK(tracker.recorded());
  CHECK(add(create(2, 2 * page), 0) == 2);
  CHECK_FALSE(tracker.recorded());
}

TEST_CASE("a commit deletes no more slots than an address space has") {
  constexpr uint64_t room = 32764;
  std::vector<Call> unseen;
  for (uint64_t i = 0; i <= room; ++i) unseen.push_back(del(7, i * page));
  Commits commits = commits_of(unseen);
  CHECK(commits.front() == 1);
  CHECK(commits[room - 1] == 1);
  CHECK(commits[room] == 2);
  for (Call& call : unseen) call.commit = CommitId{5};
  CHECK(commits_of(unseen)[room] == 1);  // what the trace marks wins
}
