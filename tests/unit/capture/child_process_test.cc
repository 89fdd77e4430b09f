// What can't be run is said before anything is done for it.
#include "analyzer/capture/child_process.h"

#include "tests/support/catch.h"

using namespace slotscope;

TEST_CASE("a command that can't be run is the user's mistake, with its reason") {
  struct {
    const char *name, *why;
  } const cases[] = {
      {"/nonexistent/program", "No such file or directory"},
      {"/", "Is a directory"},
      {"/etc/passwd", "Permission denied"},
      {"no-such-program-in-any-path", "no such program in PATH"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.name);
    const Status able = check_program(one.name);
    REQUIRE_FALSE(able);
    CHECK(able.error().fault == Fault::usage);
    CHECK(able.error().place == one.name);
    CHECK(able.error().message == std::string("can't be run: ") + one.why);
  }
  CHECK(check_program("/bin/sh"));
  CHECK(check_program("sh"));
}

TEST_CASE("what only exec finds out is told as well") {
  Result<ChildProcess> child = ChildProcess::hold({"/nonexistent/program"});
  REQUIRE(child);
  const Status released = child->release();
  REQUIRE_FALSE(released);
  CHECK(released.error().fault == Fault::usage);
  CHECK(released.error().message == "can't be run: No such file or directory");
}
