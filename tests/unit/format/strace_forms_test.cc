#include <string>
#include <vector>

#include "analyzer/format/formats.h"
#include "analyzer/format/strace/errno_names.h"
#include "tests/support/catch.h"
#include "tests/unit/format/strace_support.h"

using namespace slotscope;
using namespace slotscope::test;

TEST_CASE("strace: whatever stands in front of a call, it is the same call") {
  struct Form {
    std::string text;
    uint32_t tid;
    Clock clock;
    std::optional<Nanos> time;
    std::optional<Nanos> duration = {};
  };
  const std::string ok = region + " = 0\n";
  const std::string timed = region + " = 0 <0.000192>\n";
  const Form forms[] = {
      {ok, 0, Clock::none, {}},
      {"20802 " + ok, 20802, Clock::none, {}},
      {"7     " + ok, 7, Clock::none, {}},
      {"4194304 " + ok, 4194304, Clock::none, {}},
      {"[pid 20910] " + ok, 20910, Clock::none, {}},
      {"[pid   910] " + ok, 910, Clock::none, {}},
      {"9096<qemu-system-x86> " + ok, 9096, Clock::none, {}},
      {"[pid 9096<CPU 0/KVM>] " + ok, 9096, Clock::none, {}},
      {"[  16] " + ok, 0, Clock::none, {}},
      {"20833 [  16] " + ok, 20833, Clock::none, {}},
      {"20865 [00007fecad5f3d6b] " + ok, 20865, Clock::none, {}},
      {"20865 [????????????????] " + ok, 20865, Clock::none, {}},
      {"7 [unconfined_u:unconfined_r:svirt_t:s0-s0:c0.c1023] " + ok, 7, Clock::none, {}},
      {"7 [  16] [00007fecad5f3d6b] " + ok, 7, Clock::none, {}},
      {"10:30:44 " + ok, 0, Clock::time_of_day, clock_time(10, 30, 44, 0)},
      {"7 10:30:44.652982 " + ok, 7, Clock::time_of_day, clock_time(10, 30, 44, 652982)},
      {"7 10:30:44.652 " + ok, 7, Clock::time_of_day, clock_time(10, 30, 44, 652000)},
      {"7 10:30:44.652982001 " + ok, 7, Clock::time_of_day,
       clock_time(10, 30, 44, 652982) + Nanos{1}},
      {"[pid 7] 10:30:44.652982 " + timed, 7, Clock::time_of_day, clock_time(10, 30, 44, 653174),
       Nanos{192'000}},
      {"7 1795343444.669771 " + timed, 7, Clock::realtime, Nanos{1795343444'669963000},
       Nanos{192'000}},
      {"1795343444 " + ok, 0, Clock::realtime, Nanos{1795343444'000000000}},
      {"7 1795343444 " + ok, 7, Clock::realtime, Nanos{1795343444'000000000}},
      {"     0.000063 " + timed, 0, Clock::relative, Nanos{255'000}, Nanos{192'000}},
      {"20826      0.000063 " + ok, 20826, Clock::relative, Nanos{63'000}},
      {"20826      3 " + ok, 20826, Clock::relative, Nanos{3'000'000'000}},
      {"7 10:30:44 (+     0.000063) [  16] [00007fecad5f3d6b] " + ok, 7, Clock::time_of_day,
       clock_time(10, 30, 44, 0)},
      {region + " = 0 <0>\n", 0, Clock::none, {}, Nanos{0}},
      {region + " = 0 <1.000192003>\n", 0, Clock::none, {}, Nanos{1'000'192'003}},
  };
  for (const Form& form : forms) {
    INFO(form.text);
    Call expected = region_call();
    expected.tid = {form.tid};
    expected.time = form.time;
    expected.duration = form.duration;
    CHECK(only_call(form.text) == expected);
    CHECK(must_read(form.text).info.clock == form.clock);
  }
}

TEST_CASE("strace: every form of the arguments") {
  const std::string tail =
      ", guest_phys_addr=0x100000, memory_size=1048576, userspace_addr=0x7f45c6100000}) = 0\n";
  const std::string forms[] = {
      "ioctl(4<anon_inode:kvm-vm>, KVM_SET_USER_MEMORY_REGION, {slot=2, flags=0" + tail,
      "ioctl(4</dev/kvm<char 10:232>>, KVM_SET_USER_MEMORY_REGION, {slot=2, flags=0" + tail,
      "ioctl(4<anon_inode:kvm-vm>(deleted), KVM_SET_USER_MEMORY_REGION, {slot=2, flags=0" + tail,
      "ioctl(4, 0x4020ae46, {slot=2, flags=0" + tail,
      "ioctl(4, 0x8020ae46, {slot=2, flags=0" + tail,  // powerpc, mips, sparc
      "ioctl(0x4, 1075883590, {slot=0x2, flags=0x0" + tail,
      "ioctl(4, 0x4020ae46 /* KVM_SET_USER_MEMORY_REGION */, {slot=2, flags=0" + tail,
      "ioctl(4, _IOC(_IOC_WRITE, 0xae, 0x46, 0x20), {slot=2, flags=0" + tail,
      "ioctl(4, KVM_SET_USER_MEMORY_REGION, argp={slot=2, flags=0" + tail,
      "ioctl(fd=4, op=KVM_SET_USER_MEMORY_REGION, argp={slot=2, flags=0" + tail,
      "ioctl(4, KVM_SET_USER_MEMORY_REGION, {slot=2, flags=0, guest_phys_addr=1048576, "
      "memory_size=0x100000, userspace_addr=139937652408320})    = 0\n",
  };
  for (const std::string& form : forms) {
    INFO(form);
    CHECK(only_call(form) == region_call());
  }

  struct Flags {
    const char* text;
    uint32_t bits;
  };
  const Flags flags[] = {
      {"KVM_MEM_LOG_DIRTY_PAGES", 1},
      {"KVM_MEM_READONLY", 2},
      {"KVM_MEM_LOG_DIRTY_PAGES|KVM_MEM_READONLY", 3},
      {"KVM_MEM_GUEST_MEMFD", 4},
      {"KVM_MEM_READONLY|0x4", 6},
      {"0x3", 3},
      {"0x3 /* KVM_MEM_LOG_DIRTY_PAGES|KVM_MEM_READONLY */", 3},
      {"0x8 /* KVM_MEM_??? */", 8},
      {"0xffffffff", 0xffffffff},
  };
  for (const Flags& each : flags) {
    Call expected = region_call();
    expected.flags = each.bits;
    CHECK(only_call("ioctl(4, KVM_SET_USER_MEMORY_REGION, {slot=2, flags=" +
                    std::string(each.text) + tail) == expected);
  }
}

TEST_CASE("strace: every field keeps all its bits") {
  Call expected = region_call();
  expected.as = {0xffff};
  expected.slot = {0xfffe};
  expected.gpa = {UINT64_MAX};
  expected.size = {UINT64_MAX - 1};
  expected.hva = {0x8000'0000'0000'0000};
  CHECK(only_call("ioctl(4, KVM_SET_USER_MEMORY_REGION, {slot=4294967294, flags=0, "
                  "guest_phys_addr=0xffffffffffffffff, memory_size=18446744073709551614, "
                  "userspace_addr=0x8000000000000000}) = 0\n") == expected);
  Call smm = region_call();
  smm.as = {1};
  smm.slot = {3};
  CHECK(only_call("ioctl(4, KVM_SET_USER_MEMORY_REGION, {slot=65539, flags=0, "
                  "guest_phys_addr=0x100000, memory_size=1048576, "
                  "userspace_addr=0x7f45c6100000}) = 0\n") == smm);
}

TEST_CASE("strace: every form of the result") {
  struct Form {
    const char* text;
    int32_t ret;
    std::optional<Nanos> duration = {};
  };
  const Form forms[] = {
      {" = 0", 0},
      {"         = 0", 0},
      {" = 0x0", 0},
      {" = 0 ", 0},
      {" = -1 EINVAL (Invalid argument)", -22},
      {" = -1 EINVAL (Invalid argument) <0.000041>", -22, Nanos{41'000}},
      {" = -1 EEXIST (File exists)", -17},
      {" = -1 ENOMEM (Cannot allocate memory) (INJECTED)", -12},
      {" = -1 ENOMEM (Cannot allocate memory) (INJECTED) <0.000041>", -12, Nanos{41'000}},
      {" = 0 (INJECTED)", 0},
      {" = 0 (INJECTED: args, retval)", 0},
      {" = 0 (DELAYED) <0.5>", 0, Nanos{500'000'000}},
      {" = -1 (errno 22)", -22},
      {" = -1 (errno 524) <0.000041>", -524, Nanos{41'000}},
      {" = -22", -22},
      {" = -1 EPERM (Operation not permitted)", -1},
      {" = -1 EWOULDBLOCK (Resource temporarily unavailable)", -11},
  };
  for (const Form& form : forms) {
    INFO(form.text);
    Call expected = region_call();
    expected.ret = form.ret;
    expected.duration = form.duration;
    CHECK(only_call(region + form.text + "\n") == expected);
  }
}

TEST_CASE("strace: errno names are found, and only they") {
  CHECK(errno_by_name("EINVAL") == 22);
  CHECK(errno_by_name("E2BIG") == 7);
  CHECK(errno_by_name("EXDEV") == 18);
  CHECK(errno_by_name("EOPNOTSUPP") == 95);
  for (const char* name : {"", "E", "EINVA", "EINVALI", "einval", "ZZZ"})
    CHECK(errno_by_name(name) == 0);
}

TEST_CASE("strace: a decoded REGION2 is a call like any other") {
  const std::string front =
      "ioctl(4, KVM_SET_USER_MEMORY_REGION2, {slot=2, flags=KVM_MEM_GUEST_MEMFD, "
      "guest_phys_addr=0x100000, memory_size=1048576, userspace_addr=0x7f45c6100000, "
      "guest_memfd_offset=0x100000, guest_memfd=";
  Call expected = region_call();
  expected.flags = slot_flag::guest_memfd;
  expected.guest_memfd_offset = {0x100000};
  expected.guest_memfd = 17;
  CHECK(only_call(front + "17}) = 0\n") == expected);
  CHECK(only_call(front + "17<anon_inode:[guest_memfd]>}) = 0\n") == expected);
  expected.guest_memfd = -1;
  CHECK(only_call(front + "-1}) = 0\n") == expected);
  CHECK(only_call(front + "4294967295}) = 0\n") == expected);
}

TEST_CASE("strace: what can't be a time is not taken for one") {
  for (const char* stamp : {"24:00:00", "10:60:00", "10:00:61", "10:00", "10:00:00.", "10:00:00,5",
                            "99999999999.000001", "18446744073709551616.5"}) {
    const ReadTrace trace =
        must_read("7 10:00:00 " + region + " = 0\n7 " + stamp + " " + region + " = 0\n");
    INFO(stamp);
    CHECK(trace.calls().size() == 1);
    CHECK(trace.summary.skipped_lines == 1);
  }
}

TEST_CASE("strace: only strace's text is recognised") {
  for (const std::string& text : std::vector<std::string>{
           region + " = 0\n", "5 getppid() = 1\n", "[pid 20910] <... futex resumed>) = 0\n",
           "5 10:30:44.652982 ioctl(9, KVM_RUN <unfinished ...>\n",
           "strace: Process 5 attached\nnoise\n" + region + " = 0", "5 exit_group(0)     = ?\n"}) {
    INFO(text);
    CHECK(strace_format.recognise(text));
  }
  for (
      const char* text :
      {"", "\n\n",
       "kvm_set_user_memory Slot#0 flags=0x0 gpa=0x0 size=0x0 ua=0x7fde9fe00000 ret=0\n",
       "21090@1795343444.669771:kvm_vm_ioctl type 0x4020ae46, arg 0x7ffe0c4ff3d0\n",
       "2026-11-22T10:31:11.494119Z qemu-system-x86_64: warning: ioctl(KVM_CREATE_VM) failed = 5\n",
       "loop-22127   [000] .....  1637.403237: sys_ioctl(fd: 4, cmd: 4020ae46, arg: "
       "7fff4c823d90)\n",
       "sys_ioctl(fd: 4, cmd: 0x4020ae46, arg: 0x7fff4c823d90) = 0\n", "sys_ioctl -> 0x0\n",
       "     0.620 ( 0.050 ms): loop/20914 ioctl(fd: 4, cmd: KVM_SET_USER_MEMORY_REGION) = 0\n",
       "ioctl(fd: 3, cmd: KVM_CREATE_VM)                   = 4\n",
       "loop 20919 [001]  1519.787905: syscalls:sys_enter_ioctl: fd: 0x00000005, cmd: 0x4020ae46\n",
       "1593241356711 22021 22022 loop enter slot=0 flags=0x0 gpa=0x0 size=0x0\n",
       "ioctl(4, KVM_SET_USER_MEMORY_REGION, {slot=2, flags=0\n", "see ioctl(2) = the manual\n",
       "{\"ioctl(\": 1}\n"}) {
    INFO(text);
    CHECK_FALSE(strace_format.recognise(text));
  }
}
