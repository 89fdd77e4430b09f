#include "analyzer/format/qemu/commit_marker.h"

#include "analyzer/format/vm_by_pid.h"
#include "tests/support/catch.h"

using namespace slotscope;

TEST_CASE("a commit begins at the first view since the call before, with its first call") {
  CommitMarker marker;
  CHECK_FALSE(marker.before_call(VmId{2}, Tid{7}));
  CHECK(marker.current() == CommitId{0});

  marker.boundary(Nanos{50});
  marker.boundary(Nanos{60});
  CHECK(marker.current() == CommitId{0});
  CHECK(marker.before_call(VmId{2}, Tid{7}) == CommitMark{.time = Nanos{50},
                                                          .commit = {1},
                                                          .vm = {2},
                                                          .tid = {7},
                                                          .edge = CommitMark::Edge::begin});
  CHECK(marker.current() == CommitId{1});
  CHECK_FALSE(marker.before_call(VmId{2}, Tid{7}));

  marker.boundary(std::nullopt);
  marker.boundary(Nanos{90});
  const auto mark = marker.before_call(VmId{2}, Tid{8});
  REQUIRE(mark);
  CHECK_FALSE(mark->time);
  CHECK(mark->commit == CommitId{2});
}

TEST_CASE("pids become VM ordinals in the order in which they appear") {
  VmByPid vms;
  CHECK(vms.of(Pid{4242}) == VmId{1});
  CHECK(vms.of(Pid{1}) == VmId{2});
  CHECK(vms.of(Pid{4242}) == VmId{1});
  CHECK(vms.of(Pid{0}) == VmId{3});
}
