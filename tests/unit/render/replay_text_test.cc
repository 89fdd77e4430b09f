#include "analyzer/render/text/replay_text.h"

#include <sstream>

#include "analyzer/render/json/replay_json.h"
#include "tests/support/catch.h"

namespace slotscope {
namespace {

ReplayResult result_of(size_t operations, std::vector<size_t> done_by_run) {
  ReplayResult result;
  result.setup = "no vCPU";
  result.plan.machines.push_back({VmId{1}, {}});
  result.plan.operations.resize(operations);
  for (const size_t done : done_by_run) {
    ReplayRun& run = result.runs.emplace_back();
    run.durations.resize(done);
    run.results.resize(done);
  }
  return result;
}

std::string first_line(const ReplayResult& result) {
  std::ostringstream out;
  print_replay(out, result, {});
  return out.str().substr(0, out.str().find('\n'));
}

TEST_CASE("the first line claims no more than was replayed") {
  CHECK(first_line(result_of(5, {5, 5})) == "5 calls replayed 2 times: every result as recorded.");
  CHECK(first_line(result_of(1, {1})) == "1 call replayed 1 time: every result as recorded.");

  ReplayResult differs = result_of(5, {5});
  differs.disagreements.push_back({CallNumber{3}, 0, -22, 0});
  CHECK(first_line(differs) == "5 calls replayed 1 time: 1 result differs.");

  ReplayResult partly = result_of(5, {3});
  partly.interrupted = true;
  CHECK(first_line(partly) == "3 of 5 calls replayed until interrupted: every result as recorded.");

  ReplayResult nothing = result_of(5, {});
  nothing.interrupted = true;
  CHECK(first_line(nothing) == "Interrupted before the first measured run.");
  CHECK(replay_json(nothing)["runs"] == 0);
}

}  // namespace
}  // namespace slotscope
