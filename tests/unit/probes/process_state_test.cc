#include "probes/process_state.h"

#include <unistd.h>

#include <string>

#include "tests/support/catch.h"

using namespace slotscope;

namespace {

// As Linux 6.1 prints it; `name` is whatever the process calls itself.
std::string stat_of(const std::string& name, char state, int threads) {
  return "4242 (" + name + ") " + state + " 1 4242 4242 0 -1 4194560 120 0 0 0 1 2 0 0 20 0 " +
         std::to_string(threads) + " 0 987654 2498560 256 18446744073709551615\n";
}

}  // namespace

TEST_CASE("a process runs until its last thread has ended") {
  struct {
    const char* what;
    char state;
    int threads;
    bool runs;
  } const cases[] = {
      {"asleep", 'S', 1, true},
      {"stopped", 'T', 3, true},
      {"ended, and nobody has noticed", 'Z', 1, false},
      {"its first thread has ended", 'Z', 2, true},
      {"on its way out", 'X', 1, false},
  };
  for (const auto& one : cases) {
    INFO(one.what);
    const auto state = parse_process_state(stat_of("vmm", one.state, one.threads));
    REQUIRE(state);
    CHECK(state->runs() == one.runs);
    CHECK(state->began_ticks == 987654);
  }
}

TEST_CASE("a process may call itself anything") {
  for (const char* name : {"", "a b", ") Z 1 (", "x) Z 1 1 1 0 -1", "\n"}) {
    const auto state = parse_process_state(stat_of(name, 'R', 5));
    REQUIRE(state);
    CHECK(state->state == 'R');
    CHECK(state->threads == 5);
  }
}

TEST_CASE("what is no such text tells nothing") {
  const std::string whole = stat_of("vmm", 'R', 1);
  const size_t needed = whole.find(" 2498560");
  for (size_t length = 0; length + 6 < needed; ++length) {
    CHECK_FALSE(parse_process_state(whole.substr(0, length)));
  }
  CHECK_FALSE(parse_process_state("4242 (vmm) RR 1"));
  CHECK_FALSE(parse_process_state("4242 (vmm) R 1 x x x x x x x x x x x x x x x x x x x x"));
}

TEST_CASE("a number that another process has by now is not the process") {
  const WatchedProcess self = identify_process(Pid{static_cast<uint32_t>(getpid())});
  CHECK(self.began.value > 0);
  CHECK(process_lives(self));
  CHECK(process_lives({self.pid, {}}));
  CHECK_FALSE(process_lives({self.pid, Nanos{self.began.value + 1'000'000'000}}));
}
