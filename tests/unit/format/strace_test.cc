#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/unit/format/strace_support.h"

using namespace slotscope;
using namespace slotscope::test;

TEST_CASE("strace: a call without a result is left out") {
  for (const char* result :
       {" = ?", " = ? <unavailable>", " <unfinished ...>) = ?", "         = ? <0.000041>",
        " = ? ERESTARTSYS (To be restarted if SA_RESTART is set)"}) {
    std::string line = region + result + "\n";
    if (std::string_view(result).find(')') < 20) line.erase(region.size() - 1, 1);
    const ReadTrace trace = must_read(line);
    CHECK(trace.events.empty());
    CHECK(trace.summary.skipped_lines == 1);
    CHECK_FALSE(trace.summary.cut_off());
  }
}

TEST_CASE("strace: what a pointer hides is lost if the call succeeded") {
  const std::string forms[] = {
      "ioctl(4, _IOC(_IOC_WRITE, 0xae, 0x49, 0xa0), 0x7ffd10358640) = 0\n",
      "ioctl(4, 0x40a0ae49, 0x7ffd10358640) = 0\n",
      "ioctl(4, 0x40a0ae49 /* _IOC(_IOC_WRITE, 0xae, 0x49, 0xa0) */, 0x7ffd10358640) = 0\n",
      "ioctl(4<anon_inode:kvm-vm>, KVM_SET_USER_MEMORY_REGION2, 0x7ffd10358640) = 0 <0.000194>\n",
      "ioctl(4, KVM_SET_USER_MEMORY_REGION2, argp=0x7ffd10358640) = 0\n",
      "ioctl(0x4, 0x4020ae46, 0x7ffd05be96a0) = 0\n",
  };
  for (const std::string& form : forms) {
    const ReadTrace trace = must_read(form + form);
    const Loss loss{.time = {}, .vm = {1}, .count = 1, .reason = Loss::Reason::undecoded};
    REQUIRE(trace.events.size() == 2);
    CHECK(trace.events[0] == Event{loss});
    CHECK(trace.events[1] == Event{loss});
    REQUIRE(trace.summary.warnings.size() == 1);
    CHECK(trace.summary.warnings[0].message ==
          "strace showed only the pointer of 2 successful calls");
    CHECK(trace.summary.warnings[0].advice ==
          "capture with slotscope record, or with QEMU's -trace kvm_set_user_memory");
  }
  // KVM looked at nothing behind a bad pointer, so the call is known as far as it goes.
  for (const char* pointer : {"0x8", "NULL"}) {
    const ReadTrace trace = must_read(std::string("ioctl(4, KVM_SET_USER_MEMORY_REGION, ") +
                                      pointer + ") = -1 EFAULT (Bad address)\n");
    REQUIRE(trace.calls().size() == 1);
    CHECK(trace.calls()[0].ret == -EFAULT);
    CHECK(trace.summary.warnings.empty());
  }
  const ReadTrace refused = must_read(
      "ioctl(4, KVM_SET_USER_MEMORY_REGION2, 0x7ffd10358640) = -1 EINVAL (Invalid argument)\n");
  CHECK(refused.events.empty());
  CHECK(refused.summary.skipped_lines == 1);
}

TEST_CASE("strace: a line that claims to be a memslot call and is not one is an error") {
  struct Bad {
    std::string text;
    const char* place;
    const char* message;
  };
  const Bad lines[] = {
      {"ioctl(4, KVM_SET_USER_MEMORY_REGION) = 0\n", "test:1:36", "expected ', '"},
      {"ioctl(4, KVM_SET_USER_MEMORY_REGION, {slots=1}) = 0\n", "test:1:39", "expected 'slot='"},
      {"ioctl(4, KVM_SET_USER_MEMORY_REGION, {slot=4294967296, flags=0}) = 0\n", "test:1:44",
       "expected a number of at most 32 bits"},
      {"ioctl(4, KVM_SET_USER_MEMORY_REGION, {slot=1, flags=KVM_MEM_NEW}) = 0\n", "test:1:53",
       "expected a KVM_MEM_ flag or a number"},
      {"ioctl(x, KVM_SET_USER_MEMORY_REGION, 0x8) = 0\n", "test:1:7", "expected a decimal number"},
      {region + " = -1\n", "test:1:139", "expected an errno"},
      {region + " = -1 ENOTHING (Nothing)\n", "test:1:140", "expected the name of an errno"},
      {region + " = 0x100000000\n", "test:1:137", "expected a number of at most 32 bits"},
      {region + " : 0\n", "test:1:135", "expected '= '"},
      {region + " = 0, and more\n", "test:1:138", "expected the end of the line"},
      {"5 ioctl(4, KVM_SET_USER_MEMORY_REGION, {slot= <unfinished ...>\n"
       "5 <... ioctl resumed>}) = 0\n",
       "test:2:22", "expected a decimal number"},
      {"5 ioctl(4, KVM_SET_USER_MEMORY_REGION, {slot=1 <unfinished ...>\n"
       "5 <... ioctl resumed>, flags=0}) = 0\n",
       "test:2:31", "expected ', guest_phys_addr='"},
      {"ioctl(4<anon_inode:kvm-vm, KVM_SET_USER_MEMORY_REGION, {slot=1}) = 0\n", "test:1:8",
       "expected '>'"},
      {"ioctl(3, KVM_CREATE_VM, 0) = four\n", "test:1:30", "expected a decimal number"},
  };
  for (const Bad& bad : lines) {
    INFO(bad.text);
    const std::string before = "ioctl(3, KVM_GET_API_VERSION, 0) = 12\n";
    std::string place = bad.place;
    ++place[5];  // one line further down
    Result<ReadTrace> trace = test::read_text(before + bad.text + region + " = 0\n");
    REQUIRE_FALSE(trace);
    CHECK(trace.error().place == place);
    CHECK(trace.error().message == bad.message);

    trace = test::read_text(before + bad.text + region + " = 0\n", {.keep_going = true});
    REQUIRE(trace);
    CHECK(trace->calls() == std::vector{region_call()});
    CHECK(trace->summary.bad_lines == 1);
  }
}

TEST_CASE("strace: a call in two parts counts when it returned") {
  const std::string first = region.substr(0, region.size() - 1);
  const std::string text =
      "7 10:00:00.000100 " + first + " <unfinished ...>\n" +
      "8 10:00:00.000110 ioctl(9, KVM_RUN <unfinished ...>\n"
      "9 10:00:00.000120 " +
      region + " = 0 <0.000010>\n" +
      "8 10:00:00.000140 <... ioctl resumed>, 0) = -1 EINTR (Interrupted system call) <0.000030>\n"
      "7 10:00:00.000150 --- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_TKILL} ---\n"
      "7 10:00:00.000210 <... ioctl resumed>)        = -1 EEXIST (File exists) <0.000107>\n";
  Call early = region_call();
  early.time = clock_time(10, 0, 0, 130);
  early.duration = Nanos{10'000};
  early.tid = {9};
  Call late = region_call();
  late.time = clock_time(10, 0, 0, 207);
  late.duration = Nanos{107'000};
  late.tid = {7};
  late.ret = -17;
  const ReadTrace trace = must_read(text);
  CHECK(trace.calls() == std::vector{early, late});
  CHECK(trace.summary.skipped_lines == 3);
  CHECK_FALSE(trace.summary.cut_off());
}

TEST_CASE("strace: the second part may hold any of the arguments, and time it alone") {
  const std::string whole = region + " = 0";
  for (size_t cut : {whole.find(", {"), whole.find(", flags"), whole.find("})"), whole.find(')')}) {
    for (const char* mark : {"<... ioctl resumed>", "<... ioctl resumed> "}) {
      Call expected = region_call();
      expected.tid = {7};
      expected.time = Nanos{1795343444'000000009};
      CHECK(only_call("7 1795343444.000000001 " + whole.substr(0, cut) + " <unfinished ...>\n" +
                      "7 1795343444.000000009 " + mark + whole.substr(cut) + "\n") == expected);
    }
  }
}

TEST_CASE("strace: the parts of different threads and system calls are kept apart") {
  const std::string first = region.substr(0, region.size() - 1);
  const ReadTrace trace =
      must_read("7 " + first + " <unfinished ...>\n" +
                "8 futex(0x7f, FUTEX_WAIT <unfinished ...>\n"
                "9 ioctl(4, KVM_SET_USER_MEMORY_REGION2, 0x7ffd10358640 <unfinished ...>\n"
                "8 <... futex resumed>) = -1 EAGAIN (Resource temporarily unavailable)\n"
                "9 <... ioctl resumed>) = -1 EINVAL (Invalid argument)\n"
                "10 <... ioctl resumed>) = 0\n"
                "7 <... ioctl resumed>) = 0\n");
  Call expected = region_call();
  expected.tid = {7};
  CHECK(trace.calls() == std::vector{expected});
  CHECK(trace.events.size() == 1);
  CHECK(trace.summary.warnings.empty());
}

TEST_CASE("strace: the id may vanish in the middle of a call, with the last other thread") {
  const std::string first = region.substr(0, region.size() - 1);
  Call expected = region_call();
  expected.tid = {7};
  CHECK(only_call("[pid 7] " + first + " <unfinished ...>\n" +
                  "[pid 8] +++ exited with 0 +++\n"
                  "<... ioctl resumed>) = 0\n") == expected);
}

TEST_CASE("strace: a call that never returned is not whole, and says where it began") {
  const std::string first = region.substr(0, region.size() - 1);
  const ReadTrace one =
      must_read("8 ioctl(9, KVM_RUN <unfinished ...>\n7 " + first + " <unfinished ...>\n");
  CHECK(one.events.empty());
  CHECK(one.summary.cut_off());
  REQUIRE(one.summary.warnings.size() == 1);
  CHECK(one.summary.warnings[0].message ==
        "the trace ends before a call returned (line 2); left out");

  const ReadTrace two =
      must_read("7 " + first + " <unfinished ...>\n8 " + first + " <detached ...>\n");
  CHECK(two.summary.cut_off());
  REQUIRE(two.summary.warnings.size() == 1);
  CHECK(two.summary.warnings[0].message ==
        "the trace ends before 2 calls returned (the first in line 1); left out");

  // Killed in the call: it has no result, and the slots are gone with the process.
  const ReadTrace killed = must_read("7 " + first + " <unfinished ...>\n" +
                                     "7 +++ killed by SIGKILL (core dumped) +++\n");
  CHECK(killed.events.empty());
  CHECK_FALSE(killed.summary.cut_off());
}

TEST_CASE("strace: a second part that was filtered out is a loss") {
  const std::string first = "1795343444.000001 " + region.substr(0, region.size() - 1);
  const ReadTrace trace = must_read("7 " + first + " <unfinished ...>\n7 " + first +
                                    " <unfinished ...>\n7 1795343444.000002 " + region + " = 0\n");
  const Loss loss{
      .time = Nanos{1795343444'000001000}, .vm = {1}, .count = 1, .reason = Loss::Reason::damaged};
  REQUIRE(trace.events.size() == 3);
  CHECK(trace.events[0] == Event{loss});
  CHECK(trace.events[1] == Event{loss});
  CHECK(std::holds_alternative<Call>(trace.events[2]));
  REQUIRE(trace.summary.warnings.size() == 1);
  CHECK(trace.summary.warnings[0].message ==
        "2 calls have no result: the lines \"<... ioctl resumed>\" are missing");
}

TEST_CASE("strace: a second part of another system call is one, and the call is lost") {
  const std::string first = region.substr(0, region.size() - 1) + " <unfinished ...>\n";
  const ReadTrace trace = must_read("7 " + first + "7 <... close resumed>) = 0\n7 " +
                                    "<... ioctl resumed>) = 0\n7 " + region + " = 0\n");
  Call call = region_call();
  call.tid = Tid{7};
  CHECK(trace.events ==
        std::vector<Event>{Loss{.time = {}, .vm = {1}, .count = 1, .reason = Loss::Reason::damaged},
                           call});
  CHECK(trace.summary.skipped_lines == 2);
}

TEST_CASE("strace: lines about something else are skipped and counted") {
  const ReadTrace trace = must_read(
      "strace: Process 20910 attached\n"
      "20801 execve(\"/usr/bin/qemu\", [\"qemu\", \"-m\", \"512\"], 0x7ffc /* 37 vars */) = 0\n"
      "20801 write(2, \"ioctl(4, KVM_SET_USER_MEMORY_REGION, {slot=0\", 44) = 44\n"
      "20801 ioctl(3, KVM_CHECK_EXTENSION, KVM_CAP_NR_MEMSLOTS) = 32764\n"
      "20801 ioctl(3, KVM_CREATE_VM, 0) = -1 EBUSY (Device or resource busy)\n"
      "20801 close(3</dev/kvm<char 10:232>>) = 0\n"
      "20801 connect(5<TCP:[127.0.0.1:80->127.0.0.1:81]>, 0x7f, 16) = 0\n"
      "kvm_set_user_memory Slot#0 flags=0x0 gpa=0x0 size=0x20000000 ua=0x7fde9fe00000 ret=0\n"
      "qemu-system-x86_64: terminating on signal 15\n"
      " > /usr/lib/x86_64-linux-gnu/libc.so.6(ioctl+0x3b) [0xfdd6b]\n"
      "20801 --- SIGINT {si_signo=SIGINT, si_code=SI_KERNEL} ---\n"
      "\n"
      "20801 " +
      region + " = 0\n");
  Call expected = region_call();
  expected.tid = {20801};
  CHECK(trace.calls() == std::vector{expected});
  CHECK(trace.summary.skipped_lines == 12);
  CHECK(trace.summary.bad_lines == 0);
}

TEST_CASE("strace: relative times add up over all lines") {
  const ReadTrace trace = must_read(
      "7      0.000000 ioctl(3, KVM_GET_API_VERSION, 0) = 12\n"
      "7      0.000452 " +
      region + " = 0 <0.000002>\n" +
      "8      1.000100 futex(0x7f) = 0\n"
      "7      0.000010 --- SIGINT {si_signo=SIGINT} ---\n"
      " > /usr/lib/libc.so.6(ioctl+0x3b) [0xfdd6b]\n"
      "8      0.000001 " +
      region + " = 0\n9 " + region + " = 0\n");
  REQUIRE(trace.calls().size() == 3);
  CHECK(trace.info.clock == Clock::relative);
  CHECK(trace.calls()[0].time == Nanos{454'000});
  CHECK(trace.calls()[1].time == Nanos{1'000'563'000});
  CHECK_FALSE(trace.calls()[2].time);
}

TEST_CASE("strace: the time of day goes on past midnight") {
  const ReadTrace trace =
      must_read("23:59:59.999990 " + region + " = 0 <0.000020>\n" + "00:00:00.000100 " + region +
                " = 0\n" + "23:59:59.999995 " + region + " = 0\n" +  // printed late, as -z does
                "00:00:00.000090 " + region + " = 0\n" + "19:00:00.000000 " + region + " = 0\n" +
                "18:00:00.000000 " + region + " = 0\n");
  std::vector<Nanos> times;
  for (const Call& call : trace.calls()) times.push_back(*call.time);
  CHECK(times == std::vector{clock_time(24, 0, 0, 10), clock_time(24, 0, 0, 100),
                             clock_time(23, 59, 59, 999995), clock_time(24, 0, 0, 90),
                             clock_time(43, 0, 0, 0), clock_time(66, 0, 0, 0)});
}
