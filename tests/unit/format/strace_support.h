// One memslot call as strace prints it, and what it must be read as.
#pragma once

#include <string>

#include "tests/support/catch.h"
#include "tests/support/read_all.h"

namespace slotscope::test {

inline const std::string region =
    "ioctl(4, KVM_SET_USER_MEMORY_REGION, {slot=2, flags=0, guest_phys_addr=0x100000, "
    "memory_size=1048576, userspace_addr=0x7f45c6100000})";

inline ReadTrace must_read(const std::string& text) {
  INFO(text);
  Result<ReadTrace> trace = read_text(text);
  if (!trace) FAIL(trace.error().place + ": " + trace.error().message);
  return *std::move(trace);
}

// The only call of a trace that holds nothing else.
inline Call only_call(const std::string& text) {
  const ReadTrace trace = must_read(text);
  REQUIRE(trace.events.size() == 1);
  REQUIRE(trace.calls().size() == 1);
  return trace.calls()[0];
}

// What `region` asks for.
inline Call region_call() {
  Call call;
  call.slot = {2};
  call.gpa = {0x100000};
  call.size = {0x100000};
  call.hva = {0x7f45c6100000};
  return call;
}

inline Nanos clock_time(int64_t hours, int64_t minutes, int64_t seconds, int64_t micros) {
  return {(((hours * 60 + minutes) * 60 + seconds) * 1'000'000 + micros) * 1000};
}

}  // namespace slotscope::test
